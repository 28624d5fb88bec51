namespace Udf.Worker.Testing;

/// <summary>On a class that runs a contract suite with the Python worker: all its tests are skipped, with a message, where there is no <c>python3</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequiresPythonAttribute : Attribute;
