namespace Udf.Worker.Direct.Internal;

/// <summary>Where a process stands among the others. Numbers as this process sees them: 0 for what is outside its view.</summary>
internal readonly record struct ProcessLineage(int Parent, int Group, int Session);
