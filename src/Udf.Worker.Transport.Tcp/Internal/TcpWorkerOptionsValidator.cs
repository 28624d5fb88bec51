using Microsoft.Extensions.Options;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>Checks the options. By hand, so that it works without reflection.</summary>
internal sealed class TcpWorkerOptionsValidator : IValidateOptions<TcpWorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, TcpWorkerOptions options) => options.Connection is not null
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"{nameof(TcpWorkerOptions)}.{nameof(options.Connection)} is null. Leave it out for the defaults ({nameof(FramedConnectionOptions)}.{nameof(FramedConnectionOptions.Default)}).");
}
