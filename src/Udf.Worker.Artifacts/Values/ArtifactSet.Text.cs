using System.Text;
using System.Text.Json;
using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <content>The set as text, as it travels in <c>udf.artifacts</c>.</content>
public sealed partial class ArtifactSet
{
    private string? _text;

    /// <summary>The set as one line of JSON: <c>{"session":"…","base":"file:///…/","token":"…","artifacts":{"assemblies/X.dll":["hash",length]}}</c>. An archive has the name of its directory as a third value. Made once.</summary>
    public string ToText() => _text ??= Write();

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is something else; the message says where. Paths are checked as <see cref="ArtifactPath.Parse"/> does.</exception>
    public static ArtifactSet FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            List<Artifact> artifacts = [];
            foreach (JsonProperty property in root.GetProperty("artifacts").EnumerateObject())
            {
                if (!ArtifactHash.TryParse(property.Value[0].GetString(), out ArtifactHash hash))
                {
                    throw new FormatException($"The hash of '{property.Name}' is not 64 hex digits.");
                }

                artifacts.Add(new Artifact(ArtifactPath.Parse(property.Name), hash, property.Value[1].GetInt64())
                {
                    UnpackedName = property.Value.GetArrayLength() > 2 ? DirectoryName(property.Name, property.Value[2].GetString()) : null,
                });
            }

            string? token = root.TryGetProperty("token", out JsonElement value) ? value.GetString() : null;
            return new ArtifactSet(root.GetProperty("session").GetString()!, new Uri(root.GetProperty("base").GetString()!), artifacts, token) { _text = text };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or IndexOutOfRangeException or UriFormatException or ArtifactPathException)
        {
            throw new FormatException($"This is no set of artifacts: {exception.Message}", exception);
        }
    }

    /// <summary>The session, where its artifacts are, and how many. Not the token.</summary>
    public override string ToString() => $"{_artifacts.Length} artifacts of {SessionId} at {BaseUri}";

    private static string DirectoryName(string archive, string? name) => ArtifactName.ProblemOfDirectory(name ?? "") is { } problem
        ? throw new FormatException($"'{archive}' cannot be unpacked to '{name}': {problem}.")
        : name!;

    private string Write()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("session", SessionId);
            writer.WriteString("base", BaseUri.AbsoluteUri);
            if (AccessToken is not null)
            {
                writer.WriteString("token", AccessToken);
            }

            writer.WriteStartObject("artifacts");
            foreach (Artifact artifact in _artifacts)
            {
                writer.WriteStartArray(artifact.Path.Value);
                writer.WriteStringValue(artifact.Hash.ToString());
                writer.WriteNumberValue(artifact.LengthBytes);
                if (artifact.UnpackedName is not null)
                {
                    writer.WriteStringValue(artifact.UnpackedName);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
