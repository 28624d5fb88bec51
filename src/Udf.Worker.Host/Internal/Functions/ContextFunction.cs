namespace Udf.Worker.Host.Internal;

/// <summary>A function made of a delegate: all it keeps is the context.</summary>
internal abstract class ContextFunction : UdfFunction
{
    private UdfContext? _context;

    protected UdfContext Context => _context ?? throw new InvalidOperationException("The function has not been initialised.");

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        _context = context;
        return default;
    }
}
