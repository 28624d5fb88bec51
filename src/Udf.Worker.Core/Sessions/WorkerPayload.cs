namespace Udf.Worker;

/// <summary>
/// A function as it travels to a worker: opaque bytes, and a tag that tells the worker how to read them. Immutable, and meant to be kept and used for many sessions.
/// </summary>
/// <remarks>Thread safe. The content is not copied: it must not change after the payload has been made.</remarks>
public sealed class WorkerPayload
{
    private PayloadIdentity? _identity;

    /// <summary>Creates a payload.</summary>
    /// <param name="format">How the worker is to read the content, such as <c>udf.echo</c>; not empty. Forwarded as it is.</param>
    /// <param name="content">The bytes; may be empty.</param>
    public WorkerPayload(string format, ReadOnlyMemory<byte> content = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(format);
        Format = format;
        Content = content;
    }

    /// <summary>How the worker is to read <see cref="Content"/>.</summary>
    public string Format { get; }

    /// <summary>The bytes of the function, and of what it is initialised with.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>A name for diagnostics, or <see langword="null"/>.</summary>
    public string? Name { get; init; }

    /// <summary>A hint for dispatching inside the worker, in terms of its language, or <see langword="null"/>.</summary>
    public string? EvalType { get; init; }

    /// <summary>What tells this payload from others. Computed when it is first asked for.</summary>
    public PayloadIdentity Identity => _identity ??= PayloadIdentity.Of(Format, Content.Span);

    /// <summary>Format, name and size; not the content.</summary>
    public override string ToString() => Name is null ? $"{Format} ({Content.Length} bytes)" : $"{Format} '{Name}' ({Content.Length} bytes)";
}
