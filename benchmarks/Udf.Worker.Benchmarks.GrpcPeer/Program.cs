using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Udf.Worker.Benchmarks.GrpcPeer;

// Serves a bidirectional gRPC stream that sends back each message, on the Unix domain socket that its argument names. Writes a line when it listens, and ends with its standard input.
const int WindowBytes = 16 * 1024 * 1024;
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(options =>
{
    options.ListenUnixSocket(args[0], listen => listen.Protocols = HttpProtocols.Http2);
    options.Limits.MaxRequestBodySize = null;
    options.Limits.MinRequestBodyDataRate = null;
    options.Limits.MinResponseDataRate = null;
    options.Limits.MaxResponseBufferSize = 4 * 1024 * 1024;
    options.Limits.Http2.InitialStreamWindowSize = WindowBytes;
    options.Limits.Http2.InitialConnectionWindowSize = WindowBytes;
    options.Limits.Http2.MaxFrameSize = 1024 * 1024;
});
await using WebApplication server = builder.Build();
server.MapPost("/udf.Echo/Process", EchoStream.ServeAsync);
await server.StartAsync();
Console.WriteLine(args[0]);
await Console.OpenStandardInput().CopyToAsync(Stream.Null);
await server.StopAsync();
