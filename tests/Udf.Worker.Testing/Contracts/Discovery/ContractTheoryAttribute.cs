using Xunit;
using Xunit.Sdk;

namespace Udf.Worker.Testing.Contracts;

/// <summary>A test with data of a contract suite; the same as <see cref="ContractFactAttribute"/> otherwise.</summary>
[XunitTestCaseDiscoverer("Udf.Worker.Testing.Contracts.ContractTheoryDiscoverer", "Udf.Worker.Testing")]
public sealed class ContractTheoryAttribute : TheoryAttribute;
