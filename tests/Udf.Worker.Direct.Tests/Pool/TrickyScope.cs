namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A scope whose comparison does what the test wants, first. All have the same hash.</summary>
internal sealed class TrickyScope(string name, Action comparing) : WorkerSecurityScope
{
    public override bool Equals(WorkerSecurityScope? other)
    {
        comparing();
        return other is TrickyScope tricky && tricky.ToString() == name;
    }

    public override int GetHashCode() => 4711;

    public override string ToString() => name;
}
