using Microsoft.Extensions.Options;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>Checks the options. By hand, so that it works without reflection. That the directory can be written to is seen when the first worker starts.</summary>
internal sealed class UdsWorkerOptionsValidator : IValidateOptions<UdsWorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, UdsWorkerOptions options)
    {
        List<string> failures = [];
        if (options.SocketDirectory is { } directory && !Directory.Exists(directory))
        {
            failures.Add($"{nameof(UdsWorkerOptions)}.{nameof(options.SocketDirectory)} is '{directory}', which is no existing directory. Make it, or leave the option null to have a directory chosen.");
        }

        if (options.UseAbstractSockets && !OperatingSystem.IsLinux())
        {
            failures.Add(AbstractNames.NotSupported);
        }

        if (options.Connection is null)
        {
            failures.Add($"{nameof(UdsWorkerOptions)}.{nameof(options.Connection)} is null. Leave it out for the defaults ({nameof(FramedConnectionOptions)}.{nameof(FramedConnectionOptions.Default)}).");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
