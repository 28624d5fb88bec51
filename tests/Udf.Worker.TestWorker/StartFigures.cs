using System.Reflection;
using System.Runtime;
using System.Text;

namespace Udf.Worker.TestWorker;

/// <summary>A worker with a single function, which tells what the start of its process has taken: how many methods were compiled, and which assemblies were loaded. Uses nothing that would add to either.</summary>
internal static class StartFigures
{
    /// <summary>The first argument of such a worker.</summary>
    internal const string Argument = "--start-figures";

    /// <summary>The format of its function.</summary>
    internal const string Format = "test.start-figures";

    /// <summary>Whatever is asked: the number of methods, and then the names of the assemblies, one a line.</summary>
    internal static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> batch)
    {
        long methods = JitInfo.GetCompiledMethodCount(currentThread: false);
        Assembly[] assemblies = AppDomain.CurrentDomain.GetAssemblies();
        StringBuilder text = new();
        text.Append(methods);
        foreach (Assembly assembly in assemblies)
        {
            text.Append('\n').Append(assembly.GetName().Name);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
