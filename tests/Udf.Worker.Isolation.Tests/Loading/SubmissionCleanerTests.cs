using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Udf.Worker.Artifacts;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Isolation.Tests;

/// <summary>With submissions as C# scripting makes them.</summary>
public sealed class SubmissionCleanerTests : SessionTest
{
    private const string First = "int counter = 5; int Twice(int value) => value * 2;";

    private const string Second = """
        string name = "script";
        int Answer() => 42;
        System.ReadOnlyMemory<byte> Run(System.ReadOnlyMemory<byte> batch) => System.Text.Encoding.UTF8.GetBytes($"ran {Answer()}");
        int Before() => Twice(counter);
        class Helper { public int Count = 3; public Helper() { Count++; } }
        """;

    [Fact]
    public void Clean_ReducesTheConstructorToTheCallOfItsBase()
    {
        byte[] original = Compile();
        byte[] cleaned = SubmissionCleaner.Clean(original);
        Assert.Equal(original.Length, cleaned.Length);
        Assert.True(BodyOf(original).Length > 7);
        byte[] body = BodyOf(cleaned);
        Assert.Equal(7, body.Length);
        Assert.Equal([0x02, 0x28, 0x2A], new[] { body[0], body[1], body[6] });
    }

    /// <summary>What a verifier of IL would ask: the new body is whole, its call is that of the base's constructor on the object itself, and nothing else has changed.</summary>
    [Fact]
    public void Clean_WritesAVerifiableBody_AndTouchesNothingElse()
    {
        byte[] original = Compile();
        byte[] cleaned = SubmissionCleaner.Clean(original);
        using PEReader reader = new(new MemoryStream(cleaned));
        MetadataReader metadata = reader.GetMetadataReader();
        (TypeDefinition type, MethodDefinition constructor) = Constructor(metadata);

        // No locals, no handlers, a stack of at most the default 8: ldarg.0; call instance void base::.ctor(); ret.
        MethodBodyBlock body = reader.GetMethodBody(constructor.RelativeVirtualAddress);
        Assert.True(body.LocalSignature.IsNil);
        Assert.Empty(body.ExceptionRegions);
        Assert.Equal(8, body.MaxStack);
        byte[] code = body.GetILBytes()!;
        Assert.Equal([0x02, 0x28, 0x2A], [code[0], code[1], code[6]]);
        EntityHandle callee = MetadataTokens.EntityHandle(BitConverter.ToInt32(code, 2));
        MemberReference called = metadata.GetMemberReference((MemberReferenceHandle)callee);
        Assert.Equal(".ctor", metadata.GetString(called.Name));
        Assert.Equal(type.BaseType, called.Parent);
        Assert.Equal([0x20, 0x00, 0x01], metadata.GetBlobBytes(called.Signature));

        // That is, to the byte, what the compiler writes for a constructor that does nothing.
        byte[] expected = BodyOf(CompileEmpty(), "Empty");
        Assert.Equal([.. expected[..2], .. expected[6..]], [.. code[..2], .. code[6..]]);

        int first = Enumerable.Range(0, original.Length).First(index => original[index] != cleaned[index]);
        int last = Enumerable.Range(0, original.Length).Last(index => original[index] != cleaned[index]);
        int start = OffsetOf(reader, constructor.RelativeVirtualAddress);
        Assert.InRange(first, start, start + 8);
        Assert.InRange(last, start, start + 8);
    }

    /// <summary>The compiler of the runtime refuses IL that is not well formed.</summary>
    [Fact]
    public void Clean_LeavesAnAssembly_OfWhichEveryMethodCompiles()
    {
        AssemblyLoadContext context = new("cleaned", isCollectible: true);
        context.LoadFromStream(new MemoryStream(SubmissionCleaner.Clean(Compile(isFirst: true))));
        Assembly assembly = context.LoadFromStream(new MemoryStream(SubmissionCleaner.Clean(Compile())));
        const BindingFlags All = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        int count = 0;
        foreach (Type type in assembly.GetTypes())
        {
            foreach (MethodBase method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).Where(method => !method.IsAbstract))
            {
                System.Runtime.CompilerServices.RuntimeHelpers.PrepareMethod(method.MethodHandle);
                count++;
            }
        }

        Assert.InRange(count, 8, 100);
        context.Unload();
    }

    [Fact]
    public void Clean_MakesObjectsWithoutWhatCameBefore_AndOtherTypesStayAsTheyAre()
    {
        // The original ties itself to an array of all submissions, and fails without.
        AssemblyLoadContext context = new("original", isCollectible: true);
        context.LoadFromStream(new MemoryStream(Compile(isFirst: true)));
        Type original = context.LoadFromStream(new MemoryStream(Compile())).GetType("Submission#1")!;
        object[] submissions = new object[3];
        ConstructorInfo constructor = Assert.Single(original.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic));
        Assert.IsType<NullReferenceException>(Assert.Throws<TargetInvocationException>(() => constructor.Invoke([null])).InnerException);
        constructor.Invoke([submissions]);
        Assert.NotNull(submissions[2]);
        context.Unload();

        context = new("cleaned", isCollectible: true);
        Type type = context.LoadFromStream(new MemoryStream(SubmissionCleaner.Clean(Compile()))).GetType("Submission#1")!;
        constructor = Assert.Single(type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic));
        submissions = new object[3];
        object instance = constructor.Invoke([submissions]);
        Assert.Null(submissions[2]);
        Assert.Equal(42, Method(type, "Answer").Invoke(instance, null));
        Assert.NotNull(constructor.Invoke([null]));
        Assert.Null(type.GetField("name", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.GetValue(instance));

        Type helper = type.GetNestedType("Helper", BindingFlags.Public | BindingFlags.NonPublic)!;
        Assert.Equal(4, helper.GetField("Count")!.GetValue(Activator.CreateInstance(helper)));
        context.Unload();
    }

    [Fact]
    public void Clean_OfAnAssemblyWithoutSubmissions_ChangesNothing()
    {
        TestAssembly other = TestAssembly.Compile("Other", "1.0.0.0", """
            namespace Space { public class Submission { public int Value; public Submission() { Value = 1; } } }
            public class Submission_0 { public int Value; public Submission_0() { Value = 1; } }
            """);
        Assert.Same(other.Bytes, SubmissionCleaner.Clean(other.Bytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASession_LoadsSubmissionsCleaned_IfItIsToldTo(bool cleans)
    {
        Options.CleansSubmissions = cleans;
        byte[] submission = Compile();
        TestAssembly maker = TestAssembly.Function("Fn", "1.0.0.0", """
            ((Func<object>)(() =>
            {
                try { return Assembly.Load("Line").GetType("Submission#1").GetConstructors((BindingFlags)(-1)).Single(c => !c.IsStatic).Invoke(new object[] { null }).GetType().Name; }
                catch (TargetInvocationException exception) { return exception.InnerException.GetType().Name; }
            }))()
            """);
        ArtifactSession session = await SessionAsync("s", maker);
        await session.AddAsync("classes/Line.dll", submission);
        // The submission before it is not in the session.
        Assert.Equal(cleans ? "Submission#1" : "FileNotFoundException", await RunAsync(session.Artifacts, maker.Payload()));
    }

    private static MethodInfo Method(Type type, string name) => type.GetMethod(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;

    private static byte[] BodyOf(byte[] assembly, string type = "Submission#1")
    {
        using PEReader reader = new(new MemoryStream(assembly));
        (_, MethodDefinition constructor) = Constructor(reader.GetMetadataReader(), type);
        return reader.GetMethodBody(constructor.RelativeVirtualAddress).GetILBytes()!;
    }

    private static (TypeDefinition Type, MethodDefinition Constructor) Constructor(MetadataReader metadata, string name = "Submission#1")
    {
        TypeDefinition type = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Single(type => metadata.GetString(type.Name) == name);
        return (type, type.GetMethods().Select(metadata.GetMethodDefinition).Single(method => metadata.GetString(method.Name) == ".ctor"));
    }

    private static int OffsetOf(PEReader reader, int relativeVirtualAddress)
    {
        SectionHeader section = reader.PEHeaders.SectionHeaders[reader.PEHeaders.GetContainingSectionIndex(relativeVirtualAddress)];
        return relativeVirtualAddress - section.VirtualAddress + section.PointerToRawData;
    }

    private static byte[] CompileEmpty()
    {
        var compilation = CSharpCompilation.Create(
            "Empty", [CSharpSyntaxTree.ParseText("public class Empty { public Empty() { } }")], TestAssembly.PlatformReferences,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        using MemoryStream stream = new();
        Assert.True(compilation.Emit(stream).Success);
        return stream.ToArray();
    }

    /// <summary>One of two submissions.</summary>
    private static byte[] Compile(bool isFirst = false)
    {
        MetadataReference[] references = TestAssembly.PlatformReferences;
        CSharpParseOptions script = new(kind: SourceCodeKind.Script);
        var first = CSharpCompilation.CreateScriptCompilation("Line0", CSharpSyntaxTree.ParseText(First, script), references, Options("Submission#0"));
        var second = CSharpCompilation.CreateScriptCompilation("Line", CSharpSyntaxTree.ParseText(Second, script), references, Options("Submission#1"), previousScriptCompilation: first);
        using MemoryStream stream = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = (isFirst ? first : second).Emit(stream);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return stream.ToArray();

        // As C# scripting names them.
        static CSharpCompilationOptions Options(string className) => new(OutputKind.DynamicallyLinkedLibrary, scriptClassName: className);
    }
}
