using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Udf.Worker.Artifacts.Http.Internal;

namespace Udf.Worker.Artifacts.Http;

/// <summary>Puts an <see cref="ArtifactServer"/> into a web application.</summary>
public static class ArtifactEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves the directories of a server: <c>GET</c> and <c>HEAD</c> of <c>prefix/name/path</c>, with the directory's token as a bearer token. Answers have the content's SHA-256 as their entity tag,
    /// are compressed where that is accepted, and can be had in parts. What is no file under its directory is 404; nothing is listed.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="server">The directories.</param>
    /// <param name="prefix">Where they are, such as <c>/artifacts</c>; <see cref="ArtifactServer.BaseAddress"/> ends with it.</param>
    /// <returns>For what else the endpoint should have.</returns>
    public static IEndpointConventionBuilder MapUdfArtifacts(this IEndpointRouteBuilder endpoints, ArtifactServer server, string prefix = "/artifacts")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(prefix);
        return endpoints.MapMethods($"{prefix.TrimEnd('/')}/{{name}}/{{**path}}", ["GET", "HEAD"], context => ArtifactEndpoint.AnswerAsync(context, server));
    }
}
