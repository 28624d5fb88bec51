using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Internal;

/// <summary>Takes the launcher from the container, where the options name none.</summary>
internal sealed class ServiceLauncher(IEnumerable<IWorkerLauncher> launchers) : IPostConfigureOptions<DirectWorkerOptions>
{
    public void PostConfigure(string? name, DirectWorkerOptions options) => options.Launcher ??= launchers.LastOrDefault();
}
