namespace Udf.Worker;

/// <summary>The rules for a command line with its environment.</summary>
internal static class CallableValidator
{
    public static void Validate(ProcessCallable? callable, string path, SpecificationProblems problems)
    {
        if (callable is null)
        {
            return;
        }

        ValidateExecutable(callable, path, problems);
        ValidateTexts(callable.Command, SpecificationPath.Field(path, SpecificationFields.Command), problems);
        ValidateTexts(callable.Arguments, SpecificationPath.Field(path, SpecificationFields.Arguments), problems);

        string variables = SpecificationPath.Field(path, SpecificationFields.EnvironmentVariables);
        foreach ((string name, string value) in callable.EnvironmentVariables)
        {
            string variable = SpecificationPath.Key(variables, name);
            TextRules.EnvironmentVariableName(name, variable, problems);
            TextRules.WithoutNul(value, variable, problems);
        }
    }

    private static void ValidateExecutable(ProcessCallable callable, string path, SpecificationProblems problems)
    {
        string command = SpecificationPath.Field(path, SpecificationFields.Command);
        if (callable.Command.IsEmpty && callable.Arguments.IsEmpty)
        {
            problems.Add(
                command,
                "The command and its arguments must have at least one entry.",
                "Name the executable, for example [\"python3\"].");
            return;
        }

        (string first, string list) = callable.Command.IsEmpty
            ? (callable.Arguments[0], SpecificationPath.Field(path, SpecificationFields.Arguments))
            : (callable.Command[0], command);
        if (string.IsNullOrWhiteSpace(first))
        {
            problems.Add(
                SpecificationPath.Index(list, 0),
                "The first entry, the executable, is empty.",
                "Name the executable, for example \"python3\" or a path.");
        }
    }

    private static void ValidateTexts(ValueList<string> texts, string path, SpecificationProblems problems)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            TextRules.WithoutNul(texts[i], SpecificationPath.Index(path, i), problems);
        }
    }
}
