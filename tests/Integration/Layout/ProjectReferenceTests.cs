using System.Xml.Linq;

namespace Distributed.Integration.Tests.Layout;

/// <summary>
/// Dependencies point one way: protos, shared libraries, worker and coordinator, local clusters and simulation, command line.
/// </summary>
public sealed class ProjectReferenceTests
{
    // Projects that each project may reference directly; their references are available transitively.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Configuration"] = [],
        ["Protocol"] = ["Configuration"],
        ["Planning"] = [],
        ["Tensors"] = ["Configuration"],
        ["Models"] = ["Configuration", "Tensors"],
        ["Data"] = ["Configuration", "Tensors"],
        ["Transports"] = ["Protocol", "Planning"],
        ["Parallel"] = ["Models", "Transports", "Tensors"],
        ["Checkpoints"] = ["Configuration", "Tensors", "Models", "Protocol"],
        ["Training"] = ["Parallel", "Data", "Checkpoints"],
        ["Rollouts"] = ["Parallel", "Training"],
        ["Worker"] = ["Protocol", "Planning", "Configuration", "Tensors", "Models", "Data", "Transports", "Parallel", "Checkpoints",
            "Training", "Rollouts"],
        ["Coordinator"] = ["Protocol", "Planning", "Configuration"],
        ["LocalClusters"] = ["Coordinator", "Worker", "Protocol", "Planning", "Configuration", "Tensors", "Models", "Data", "Transports",
            "Parallel", "Checkpoints", "Training", "Rollouts"],
        ["Simulation"] = ["Coordinator", "Protocol", "Planning", "Checkpoints"],
        ["Cli"] = ["LocalClusters", "Simulation", "Coordinator", "Worker", "Protocol", "Planning", "Configuration", "Tensors", "Models",
            "Data", "Transports", "Parallel", "Checkpoints", "Training", "Rollouts"],
    };

    // Projects without libtorch, so that a coordinator's image does not need it.
    private static readonly string[] WithoutTorch = ["Protocol", "Planning", "Configuration", "Transports", "Coordinator"];

    public static TheoryData<string> Projects() => new(Files().Select(file => Path.GetFileNameWithoutExtension(file)!));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyWhatLiesBelowIt(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed),
            $"{project} is not in the table of allowed references. Add it to the table in this test.");
        var references = References(project);
        Assert.True(references.Except(allowed!).ToArray() is [] ,
            $"{project} references {string.Join(", ", references.Except(allowed!))}.");
    }

    [Theory]
    [InlineData("Protocol")]
    [InlineData("Planning")]
    [InlineData("Configuration")]
    [InlineData("Transports")]
    [InlineData("Coordinator")]
    public void Project_OfTheControlPlane_ReachesNoTorch(string project)
    {
        Assert.Contains(project, WithoutTorch);
        var reached = new HashSet<string>();
        var open = new Stack<string>([project]);
        while (open.TryPop(out var next))
        {
            if (!reached.Add(next)) continue;
            Assert.DoesNotContain("TorchSharp", Packages(next));
            foreach (var reference in References(next)) open.Push(reference);
        }
    }

    [Fact]
    public void Libtorch_IsReferencedByTheCommandLineOnly()
    {
        var users = Files().Where(file => Load(file).Descendants("UsesTorch").Any(element => element.Value == "true"))
            .Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(["Cli"], users);
    }

    private static IReadOnlyList<string> References(string project) =>
        [.. Load(File(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))];

    private static IReadOnlyList<string> Packages(string project) =>
        [.. Load(File(project)).Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value)];

    private static XDocument Load(string file) => XDocument.Load(file);

    private static string File(string project) => Files().Single(file => Path.GetFileNameWithoutExtension(file) == project);

    private static IEnumerable<string> Files() =>
        new[] { "shared", "worker", "coordinator" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(SourceFiles.Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);
}
