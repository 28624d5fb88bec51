namespace Udf.Worker;

/// <summary>The rules for how a local worker is started and reached.</summary>
internal static class DirectWorkerValidator
{
    // What is appended to the runner's command line when a worker is started.
    private static readonly string[] AppendedOptions = ["--id", "--connection"];

    public static void Validate(DirectWorker? direct, SpecificationProblems problems)
    {
        if (direct is null)
        {
            problems.Add(
                SpecificationFields.Direct,
                "No worker is described: direct must be set.",
                "Set direct.runner and direct.properties.connection, for example with WorkerSpecification.ForCommand(...).OverUnixDomainSocket().");
            return;
        }

        ValidateRunner(direct.Runner, SpecificationPath.Field(SpecificationFields.Direct, SpecificationFields.Runner), problems);
        ValidateProperties(direct.Properties, SpecificationPath.Field(SpecificationFields.Direct, SpecificationFields.Properties), problems);
    }

    private static void ValidateRunner(ProcessCallable? runner, string path, SpecificationProblems problems)
    {
        if (runner is null)
        {
            problems.Add(path, "The runner must be set: it starts the worker.", "Set its command, for example [\"python3\", \"worker.py\"].");
            return;
        }

        CallableValidator.Validate(runner, path, problems);
        ValidateOptions(runner.Command, SpecificationPath.Field(path, SpecificationFields.Command), problems);
        ValidateOptions(runner.Arguments, SpecificationPath.Field(path, SpecificationFields.Arguments), problems);
    }

    private static void ValidateOptions(ValueList<string> entries, string path, SpecificationProblems problems)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            string entry = entries[i];
            string? option = Array.Find(
                AppendedOptions,
                option => entry.StartsWith(option, StringComparison.Ordinal) && (entry.Length == option.Length || entry[option.Length] == '='));
            if (option is not null)
            {
                problems.Add(
                    SpecificationPath.Index(path, i),
                    $"The runner must not contain {option}: it is appended, with its value, when a worker is started.",
                    $"Remove {option} and its value.");
            }
        }
    }

    private static void ValidateProperties(WorkerProperties? properties, string path, SpecificationProblems problems)
    {
        TimeoutRules.Validate(properties?.InitializationTimeout, SpecificationPath.Field(path, SpecificationFields.InitializationTimeoutMs), problems);
        TimeoutRules.Validate(
            properties?.GracefulTerminationTimeout,
            SpecificationPath.Field(path, SpecificationFields.GracefulTerminationTimeoutMs),
            problems);

        string connection = SpecificationPath.Field(path, SpecificationFields.Connection);
        switch (properties?.Connection)
        {
            case null:
                problems.Add(
                    connection,
                    "The connection must be set: it says over what the worker is reached.",
                    "Set unixDomainSocket, tcp or custom (OverUnixDomainSocket(), OverTcp() or OverCustom(...)).");
                break;
            case CustomConnection custom:
                ValidateCustom(custom, SpecificationPath.Field(connection, SpecificationFields.Custom), problems);
                break;
        }

        WorkerCarrier carrier = properties?.Carrier ?? WorkerCarrier.Unspecified;
        if (!WireEnums.Carrier.TryGetName(carrier, out _))
        {
            problems.Add(
                SpecificationPath.Field(path, SpecificationFields.Carrier),
                $"{(int)carrier} is not the number of a carrier that this version knows.",
                $"Write one of {WireEnums.Carrier.KnownNames}, leave it out, or use a version that knows {(int)carrier}.");
        }
    }

    private static void ValidateCustom(CustomConnection custom, string path, SpecificationProblems problems)
    {
        string name = SpecificationPath.Field(path, SpecificationFields.Name);
        if (string.IsNullOrWhiteSpace(custom.Name))
        {
            problems.Add(name, "The name of a custom connection is empty.", "Write the name by which its dispatcher knows the transport.");
        }
        else
        {
            TextRules.WellFormed(custom.Name, name, problems);
        }

        string settings = SpecificationPath.Field(path, SpecificationFields.Settings);
        foreach ((string key, string value) in custom.Settings)
        {
            string setting = SpecificationPath.Key(settings, key);
            TextRules.NotEmptyKey(key, setting, "a setting", problems);
            TextRules.WellFormed(value, setting, problems);
        }
    }
}
