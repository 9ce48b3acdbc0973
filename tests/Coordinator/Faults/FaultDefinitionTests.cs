using System.Globalization;
using System.Runtime.CompilerServices;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

public sealed class FaultDefinitionTests
{
    [Fact]
    public void All_HasEveryKindInOrder() => Assert.Equal(Enum.GetValues<FaultKind>(), FaultDefinition.All.Select(each => each.Kind));

    [Fact]
    public void Page_TableOfFaults_HasTheParametersAndTimesOfTheDefinitions()
    {
        // kind | effect | parameters, with a remark after a semicolon | due
        var rows = File.ReadLines(Page())
            .SkipWhile(line => !line.StartsWith("| kind | effect |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1])
            .Select(cells => $"{cells[0]} | {cells[2].Split(';')[0]} | {cells[3]}");

        Assert.Equal(FaultDefinition.All.Select(Row), rows);
    }

    private static string Row(FaultDefinition definition) => $"`{definition.Name}` | "
        + string.Join(", ", definition.Parameters.Select(Parameter)) + $" | {(definition.AllowsTime ? "step or time" : "step")}";

    private static string Parameter(FaultParameter parameter) => parameter.Default is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"`{parameter.Name}` ({value})") : $"`{parameter.Name}`";

    private static string Page([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "../../../../coordinator/Cli/README.md"));
}
