using System.Text;
using Udf.Worker.Host;

return await UdfWorkerHost.RunAsync(args, functions => functions
    .Map("upper", batch => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant())));
