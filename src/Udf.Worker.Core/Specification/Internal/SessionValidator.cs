namespace Udf.Worker;

/// <summary>The rules for what sessions are given.</summary>
internal static class SessionValidator
{
    public static void Validate(WorkerSessionSpecification? session, SpecificationProblems problems)
    {
        if (session is null)
        {
            return;
        }

        string staticConfig = SpecificationPath.Field(SpecificationFields.Session, SpecificationFields.StaticConfig);
        foreach ((string key, string value) in session.StaticConfig)
        {
            string setting = SpecificationPath.Key(staticConfig, key);
            TextRules.NotEmptyKey(key, setting, "a setting", problems);
            TextRules.WellFormed(value, setting, problems);
        }

        ValidateReferences(session.EnvironmentVariableReferences, problems);

        string dynamicConfig = SpecificationPath.Field(SpecificationFields.Session, SpecificationFields.DynamicConfig);
        foreach (string key in session.DynamicConfig.Keys)
        {
            TextRules.NotEmptyKey(key, SpecificationPath.Key(dynamicConfig, key), "a setting", problems);
        }

        ValidateDirectories(session.RequiredResourceDirectories, problems);
    }

    private static void ValidateReferences(ValueMap<string, WorkerContextReference> references, SpecificationProblems problems)
    {
        string path = SpecificationPath.Field(SpecificationFields.Session, SpecificationFields.EnvironmentVariableReferences);
        foreach ((string name, WorkerContextReference reference) in references)
        {
            string entry = SpecificationPath.Key(path, name);
            TextRules.EnvironmentVariableName(name, entry, problems);

            string source = SpecificationPath.Field(entry, SpecificationFields.Source);
            if (string.IsNullOrEmpty(reference.Source))
            {
                problems.Add(
                    source,
                    "The source of an environment variable is empty.",
                    "Write the name that the variable has in the engine's process.");
            }
            else
            {
                TextRules.EnvironmentVariableName(reference.Source, source, problems);
            }

            if (reference.DefaultValue is { } defaultValue)
            {
                TextRules.WithoutNul(defaultValue, SpecificationPath.Field(entry, SpecificationFields.DefaultValue), problems);
            }
        }
    }

    private static void ValidateDirectories(ValueList<string> directories, SpecificationProblems problems)
    {
        string path = SpecificationPath.Field(SpecificationFields.Session, SpecificationFields.RequiredResourceDirectories);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < directories.Count; i++)
        {
            string entry = SpecificationPath.Index(path, i);
            TextRules.NotEmptyKey(directories[i], entry, "a resource directory", problems);
            if (directories[i].Length > 0 && !first.TryAdd(directories[i], i))
            {
                problems.Add(
                    entry,
                    $"The resource directory '{SpecificationText.Printable(directories[i])}' is there twice, first at {SpecificationPath.Index(path, first[directories[i]])}.",
                    "Name each directory once.");
            }
        }
    }
}
