namespace Udf.Worker;

/// <summary>Reads what sessions are given from JSON.</summary>
internal static class SessionJson
{
    private static readonly JsonMessage SessionMessage = new(
        "The session section",
        SpecificationFields.StaticConfig,
        SpecificationFields.EnvironmentVariableReferences,
        SpecificationFields.DynamicConfig,
        SpecificationFields.RequiredResourceDirectories);

    private static readonly JsonMessage ReferenceMessage = new(
        "A reference to an environment variable",
        SpecificationFields.Source,
        SpecificationFields.DefaultValue);

    private static readonly JsonMessage RequirementMessage = new("A requirement", SpecificationFields.IsRequired);

    public static WorkerSessionSpecification Read(ref SpecificationJsonCursor cursor)
    {
        var session = new WorkerSessionSpecification();
        JsonMessageScope scope = cursor.BeginMessage(SessionMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            session = field switch
            {
                SpecificationFields.StaticConfig => session with { StaticConfig = cursor.Map(static (ref cursor) => cursor.String()) },
                SpecificationFields.EnvironmentVariableReferences => session with { EnvironmentVariableReferences = cursor.Map(ReadReference) },
                SpecificationFields.DynamicConfig => session with { DynamicConfig = cursor.Map(ReadRequirement) },
                _ => session with { RequiredResourceDirectories = cursor.List(static (ref cursor) => cursor.String()) },
            };
        }

        return session;
    }

    private static WorkerContextReference ReadReference(ref SpecificationJsonCursor cursor)
    {
        var reference = new WorkerContextReference();
        JsonMessageScope scope = cursor.BeginMessage(ReferenceMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            reference = field switch
            {
                SpecificationFields.Source => reference with { Source = cursor.String() },
                _ => reference with { DefaultValue = cursor.String() },
            };
        }

        return reference;
    }

    private static DynamicConfigRequirement ReadRequirement(ref SpecificationJsonCursor cursor)
    {
        var requirement = new DynamicConfigRequirement();
        JsonMessageScope scope = cursor.BeginMessage(RequirementMessage);
        while (cursor.NextField(ref scope, out _))
        {
            requirement = requirement with { IsRequired = cursor.Boolean() };
        }

        return requirement;
    }
}
