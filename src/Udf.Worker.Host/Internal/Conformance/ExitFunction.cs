using System.Globalization;

namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.exit</c>: ends the process on the first batch, with an exit code or by SIGKILL.</summary>
internal sealed class ExitFunction : UdfFunction
{
    // Null: by SIGKILL.
    private int? _code;

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        string text = ConformanceFunctions.TextOf(context);
        if (text != "kill")
        {
            _code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
                ? code
                : throw ConformanceFunctions.Malformed(context, "an exit code or kill");
        }

        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        if (_code is { } code)
        {
            ProcessEnd.Now(code);
        }

        ProcessEnd.Kill();
        return default;
    }
}
