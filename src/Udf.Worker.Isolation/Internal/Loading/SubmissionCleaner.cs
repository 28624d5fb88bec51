using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// Reduces the constructors of a script's submission classes to the call of their base. A compiled submission is a class whose object holds what the script has declared, and whose constructor ties
/// it to the objects of the submissions before it; a worker that needs one only to run a function of it has none of those.
/// </summary>
/// <remarks>
/// The body of a method is replaced in the bytes of the assembly where it stands, by <c>ldarg.0; call base; ret</c>: each constructor has the same call in it already, so its own body is never
/// shorter. Nothing else moves, and no table changes.
/// </remarks>
internal static class SubmissionCleaner
{
    private const byte LoadThis = 0x02;
    private const byte Call = 0x28;
    private const byte Return = 0x2A;
    private const int CodeBytes = 7;

    // A header of one byte: the two low bits say so, the others are the length.
    private const byte TinyHeader = (CodeBytes << 2) | 2;

    /// <summary>The same assembly with its submissions cleaned; the very same bytes if it has none.</summary>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    internal static byte[] Clean(byte[] assembly)
    {
        using PEReader reader = new(new MemoryStream(assembly));
        MetadataReader metadata = reader.GetMetadataReader();
        byte[]? cleaned = null;
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            if (!IsSubmission(metadata, type) || BaseConstructor(metadata, type.BaseType) is not { } baseConstructor)
            {
                continue;
            }

            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                MethodDefinition definition = metadata.GetMethodDefinition(method);
                if (metadata.StringComparer.Equals(definition.Name, ".ctor") && definition.RelativeVirtualAddress != 0)
                {
                    cleaned ??= [.. assembly];
                    Write(cleaned.AsSpan(FileOffsetOf(reader.PEHeaders, definition.RelativeVirtualAddress)), baseConstructor);
                }
            }
        }

        return cleaned ?? assembly;
    }

    // As C# scripting names them: "Submission#3", in no namespace, and not nested.
    private static bool IsSubmission(MetadataReader metadata, TypeDefinition type)
    {
        const string Prefix = "Submission#";
        string name = metadata.GetString(type.Name);
        return type.Namespace.IsNil && !type.IsNested && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length > Prefix.Length && name.AsSpan(Prefix.Length).ContainsAnyExceptInRange('0', '9') is false;
    }

    /// <summary>The token by which the assembly calls the constructor of a base class, the one without parameters.</summary>
    private static int? BaseConstructor(MetadataReader metadata, EntityHandle baseType)
    {
        if (baseType.Kind == HandleKind.TypeDefinition)
        {
            foreach (MethodDefinitionHandle method in metadata.GetTypeDefinition((TypeDefinitionHandle)baseType).GetMethods())
            {
                MethodDefinition definition = metadata.GetMethodDefinition(method);
                if (metadata.StringComparer.Equals(definition.Name, ".ctor") && HasNoParameters(metadata, definition.Signature))
                {
                    return MetadataTokens.GetToken(method);
                }
            }

            return null;
        }

        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference reference = metadata.GetMemberReference(handle);
            if (reference.Parent == baseType && metadata.StringComparer.Equals(reference.Name, ".ctor") && HasNoParameters(metadata, reference.Signature))
            {
                return MetadataTokens.GetToken(handle);
            }
        }

        return null;
    }

    private static bool HasNoParameters(MetadataReader metadata, BlobHandle signature)
    {
        BlobReader reader = metadata.GetBlobReader(signature);
        SignatureHeader header = reader.ReadSignatureHeader();
        return header.Kind == SignatureKind.Method && !header.IsGeneric && reader.ReadCompressedInteger() == 0;
    }

    private static int FileOffsetOf(PEHeaders headers, int relativeVirtualAddress)
    {
        SectionHeader section = headers.SectionHeaders[headers.GetContainingSectionIndex(relativeVirtualAddress)];
        return relativeVirtualAddress - section.VirtualAddress + section.PointerToRawData;
    }

    private static void Write(Span<byte> body, int baseConstructor)
    {
        body[0] = TinyHeader;
        body[1] = LoadThis;
        body[2] = Call;
        BinaryPrimitives.WriteInt32LittleEndian(body[3..], baseConstructor);
        body[1 + CodeBytes - 1] = Return;
    }
}
