namespace Udf.Worker.Isolation.Tests;

/// <summary>What a session holds in these tests: a file, which only one instance of an id may have at a time.</summary>
internal sealed class TrackedContent : IDisposable
{
    private readonly string _file;
    private readonly Action? _onDispose;
    private int _disposals;

    internal TrackedContent(string directory, string id, Action? onDispose = null)
    {
        _file = Path.Combine(directory, id);
        _onDispose = onDispose;

        // Throws if the file of an earlier instance is still there.
        using (new FileStream(_file, FileMode.CreateNew))
        {
        }
    }

    internal bool IsUsable => Volatile.Read(ref _disposals) == 0 && File.Exists(_file);

    internal int DisposalCount => Volatile.Read(ref _disposals);

    public void Dispose()
    {
        Interlocked.Increment(ref _disposals);
        _onDispose?.Invoke();
        File.Delete(_file);
    }
}
