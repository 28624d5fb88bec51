namespace Udf.Worker;

/// <summary>Walks a specification and collects every problem, section by section in the order of its fields.</summary>
internal static class SpecificationValidator
{
    public static SpecificationProblems Validate(WorkerSpecification specification)
    {
        var problems = new SpecificationProblems();
        ValidateEnvironment(specification.Environment, problems);
        CapabilitiesValidator.Validate(specification.Capabilities, problems);
        DirectWorkerValidator.Validate(specification.Direct, problems);
        SessionValidator.Validate(specification.Session, problems);
        return problems;
    }

    private static void ValidateEnvironment(WorkerEnvironment? environment, SpecificationProblems problems)
    {
        if (environment is null)
        {
            return;
        }

        string installation = SpecificationPath.Field(SpecificationFields.Environment, SpecificationFields.Installation);
        string verification = SpecificationPath.Field(SpecificationFields.Environment, SpecificationFields.EnvironmentVerification);
        string cleanup = SpecificationPath.Field(SpecificationFields.Environment, SpecificationFields.EnvironmentCleanup);

        CallableValidator.Validate(environment.Installation, installation, problems);
        CallableValidator.Validate(environment.Verification, verification, problems);
        CallableValidator.Validate(environment.Cleanup, cleanup, problems);

        if (environment.Verification is not null && environment.Installation is null)
        {
            problems.Add(
                verification,
                "A verification requires installation to be set: when it fails, nothing could be done.",
                $"Set {installation}, or remove the verification.");
        }
    }
}
