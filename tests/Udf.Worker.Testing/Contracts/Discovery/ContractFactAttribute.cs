using Xunit;
using Xunit.Sdk;

namespace Udf.Worker.Testing.Contracts;

/// <summary>A test of a contract suite. Unlike a plain one it is skipped if the class that runs the suite <see cref="RequiresPythonAttribute">needs what is not there</see>.</summary>
[XunitTestCaseDiscoverer("Udf.Worker.Testing.Contracts.ContractFactDiscoverer", "Udf.Worker.Testing")]
public sealed class ContractFactAttribute : FactAttribute;
