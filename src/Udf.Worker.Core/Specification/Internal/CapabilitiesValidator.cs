namespace Udf.Worker;

/// <summary>The rules for what a worker says that it can do.</summary>
internal static class CapabilitiesValidator
{
    public static void Validate(WorkerCapabilities? capabilities, SpecificationProblems problems)
    {
        if (capabilities is null)
        {
            problems.Add(
                SpecificationFields.Capabilities,
                "The capabilities must be set: they say which data formats the worker takes and how it communicates.",
                "Declare supportedDataFormats and supportedCommunicationPatterns.");
            return;
        }

        string formats = SpecificationPath.Field(SpecificationFields.Capabilities, SpecificationFields.SupportedDataFormats);
        string patterns = SpecificationPath.Field(SpecificationFields.Capabilities, SpecificationFields.SupportedCommunicationPatterns);

        if (capabilities.DataFormats.IsEmpty)
        {
            problems.Add(
                formats,
                "The worker must support at least one data format.",
                $"Name at least one of {WireEnums.DataFormat.KnownNames}.");
        }

        ValidateValues(capabilities.DataFormats, formats, WireEnums.DataFormat, problems);

        if (!capabilities.CommunicationPatterns.Contains(WorkerCommunicationPattern.BidirectionalStreaming))
        {
            problems.Add(
                patterns,
                "A worker requires BIDIRECTIONAL_STREAMING, the only pattern that an engine speaks.",
                "Add BIDIRECTIONAL_STREAMING.");
        }

        ValidateValues(capabilities.CommunicationPatterns, patterns, WireEnums.CommunicationPattern, problems);
    }

    private static void ValidateValues<T>(ValueList<T> values, string path, WireEnum<T> wireEnum, SpecificationProblems problems)
        where T : struct, Enum
    {
        for (int i = 0; i < values.Count; i++)
        {
            int number = WireEnum<T>.NumberOf(values[i]);
            if (number == 0)
            {
                problems.Add(
                    SpecificationPath.Index(path, i),
                    $"The list must not contain UNSPECIFIED: it says nothing about a {wireEnum.What}.",
                    $"Remove it, or write one of {wireEnum.KnownNames}.");
            }
            else if (!wireEnum.TryGetName(values[i], out _))
            {
                problems.Add(
                    SpecificationPath.Index(path, i),
                    $"{number} is not the number of a {wireEnum.What} that this version knows.",
                    $"Write one of {wireEnum.KnownNames}, or use a version that knows {number}.");
            }
        }
    }
}
