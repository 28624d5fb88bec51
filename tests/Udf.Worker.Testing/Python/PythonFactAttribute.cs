using Xunit;

namespace Udf.Worker.Testing;

/// <summary>A test that needs <c>python3</c>, and is skipped with a message where there is none.</summary>
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = PythonInterpreter.SkipReason;
}
