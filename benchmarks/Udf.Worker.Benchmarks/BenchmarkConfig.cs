using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;

namespace Udf.Worker.Benchmarks;

/// <summary>How the benchmarks are run and shown. The job comes from the command line: <c>--job Dry</c> to see that they run, <c>--job Short</c> or longer to measure.</summary>
internal sealed class BenchmarkConfig : ManualConfig
{
    public BenchmarkConfig()
    {
        AddLogger(ConsoleLogger.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        // The mean of few iterations on a shared machine is that of its neighbours.
        AddColumn(StatisticColumn.Median, StatisticColumn.Min);
        AddExporter(MarkdownExporter.GitHub);
        // What is generated is built with all that it references, from source: 20 s on an idle machine, more than the default of two minutes on a busy one.
        BuildTimeout = TimeSpan.FromMinutes(15);
        UnionRule = ConfigUnionRule.AlwaysUseLocal;
    }
}
