namespace Udf.Worker;

/// <summary>The fields of a specification by their names in JSON, which also make up the paths of problems.</summary>
internal static class SpecificationFields
{
    public const string Environment = "environment";
    public const string Capabilities = "capabilities";
    public const string Session = "session";
    public const string Direct = "direct";

    public const string Installation = "installation";
    public const string EnvironmentVerification = "environmentVerification";
    public const string EnvironmentCleanup = "environmentCleanup";

    public const string SupportedDataFormats = "supportedDataFormats";
    public const string SupportedCommunicationPatterns = "supportedCommunicationPatterns";
    public const string SupportsConcurrentUdfs = "supportsConcurrentUdfs";
    public const string SupportsReuse = "supportsReuse";
    public const string ManageIsIndependent = "manageIsIndependent";

    public const string StaticConfig = "staticConfig";
    public const string EnvironmentVariableReferences = "environmentVariableReferences";
    public const string DynamicConfig = "dynamicConfig";
    public const string RequiredResourceDirectories = "requiredResourceDirectories";
    public const string Source = "source";
    public const string DefaultValue = "defaultValue";
    public const string IsRequired = "isRequired";

    public const string Runner = "runner";
    public const string Properties = "properties";
    public const string InitializationTimeoutMs = "initializationTimeoutMs";
    public const string GracefulTerminationTimeoutMs = "gracefulTerminationTimeoutMs";
    public const string Connection = "connection";
    public const string Carrier = "carrier";

    public const string UnixDomainSocket = "unixDomainSocket";
    public const string Tcp = "tcp";
    public const string Custom = "custom";
    public const string Name = "name";
    public const string Settings = "settings";

    public const string Command = "command";
    public const string Arguments = "arguments";
    public const string EnvironmentVariables = "environmentVariables";
}
