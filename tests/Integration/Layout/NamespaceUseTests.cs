using System.Text.RegularExpressions;

namespace Distributed.Integration.Tests.Layout;

/// <summary>
/// Parts of the command line use a library only where its verbs are: <c>train</c> and <c>chaos</c> start local clusters, <c>simulate</c>
/// runs schedules. A serving coordinator and <c>inspect</c> use neither.
/// </summary>
public sealed class NamespaceUseTests
{
    private const string Cli = "coordinator/Cli/";

    // The files and folders below coordinator/Cli that may use a library.
    private static readonly Dictionary<string, string[]> Users = new()
    {
        ["LocalClusters"] = ["Training/"],
        ["Simulation"] = ["Commands/SimulateCommand.cs", "Output/ScheduleReport.cs"],
    };

    [Theory]
    [InlineData("LocalClusters")]
    [InlineData("Simulation")]
    public void Library_IsUsedByItsVerbsOnly(string library)
    {
        var uses = SourceFiles.With(".cs").Where(file => file.StartsWith(Cli, StringComparison.Ordinal))
            .Where(file => SourceFiles.Lines(file).Any(line => Uses(line.Text, library))).Select(file => file[Cli.Length..]).ToArray();

        Assert.DoesNotContain(uses, file => !Users[library].Any(user => file.StartsWith(user, StringComparison.Ordinal)));
        Assert.All(Users[library], user => Assert.Contains(uses, file => file.StartsWith(user, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("using Distributed.Simulation;", true)]
    [InlineData("using Distributed.Simulation.Faults;", true)]
    [InlineData("    var result = Simulation.Schedule.Run(1, options);", true)]
    [InlineData("using Distributed.SimulationText;", false)]
    [InlineData("    // Simulation of a network between worker threads.", false)]
    public void Uses_OfALine_AreFound(string line, bool isUse) => Assert.Equal(isUse, Uses(line, "Simulation"));

    // A namespace in a directive, or before the name of a type.
    private static bool Uses(string line, string library) => Regex.IsMatch(line, $@"\bDistributed\.{library}\b|\b{library}\.\w");
}
