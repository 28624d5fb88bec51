using System.Text;

namespace Udf.Worker.Host.Internal;

/// <summary>The functions that any worker in any language serves, so that it can be checked with the same cases.</summary>
internal static class ConformanceFunctions
{
    internal static IReadOnlyDictionary<string, Func<UdfContext, UdfFunction>> All(TimeProvider timeProvider) =>
        new Dictionary<string, Func<UdfContext, UdfFunction>>(StringComparer.Ordinal)
        {
            ["udf.echo"] = static _ => new EchoFunction(),
            ["udf.sink"] = static _ => new SinkFunction(),
            ["udf.generate"] = static _ => new GenerateFunction(),
            ["udf.double"] = static _ => new DoubleFunction(),
            ["udf.fail"] = static _ => new FailFunction(),
            ["udf.sleep"] = _ => new SleepFunction(timeProvider),
            ["udf.spin"] = static _ => new SpinFunction(),
            ["udf.exit"] = static _ => new ExitFunction(),
        };

    internal static string TextOf(UdfContext context) => Encoding.UTF8.GetString(context.Payload.Content.Span);

    internal static FormatException Malformed(UdfContext context, string expected) =>
        new($"The payload of {context.Payload.Format} is {expected}, not '{TextOf(context)}'.");
}
