using System.Collections.Immutable;
using System.Globalization;

namespace Distributed.Protocol.Faults;

/// <summary>A name and value in the text of a fault, and their position.</summary>
internal readonly record struct FaultField(string Name, string Value, string Position);

/// <summary>Builds a fault from the fields of any form, and collects every mistake.</summary>
/// <param name="problems">Receives the mistakes.</param>
internal sealed class FaultReader(List<FaultProblem> problems)
{
    private const double LatestTime = 86_400 * 30.0; // a month, in seconds

    /// <summary>Builds a fault; null if it has a mistake.</summary>
    /// <param name="position">Position of the fault.</param>
    /// <param name="kind">The field with the kind.</param>
    /// <param name="worker">The field with the worker's name; null if there is none.</param>
    /// <param name="fields">All other fields.</param>
    public Fault? Read(string position, FaultField kind, FaultField? worker, IReadOnlyList<FaultField> fields)
    {
        var before = problems.Count;
        if (FaultDefinition.Find(kind.Value) is not { } definition)
        {
            Refuse(kind, $"allowed: {string.Join(", ", FaultDefinition.All.Select(each => each.Name))}");
            return null;
        }

        if (definition.TargetsWorker && worker is not { Value.Length: > 0 })
        {
            var needed = $"{definition.Name} needs a worker's name, such as worker-0";
            problems.Add(new FaultProblem(worker?.Position ?? position, null, needed));
        }

        if (!definition.TargetsWorker && worker is { } extra) Refuse(extra, $"{definition.Name} takes no worker; leave it out");
        if (worker is { } name && name.Value.Any(c => char.IsWhiteSpace(c) || "@:,;=".Contains(c, StringComparison.Ordinal)))
            Refuse(name, "a worker's name has no blanks and none of @ : , ; =");
        foreach (var repeated in fields.GroupBy(field => field.Name).Where(same => same.Count() > 1))
            Refuse(repeated.Last(), $"{repeated.Key} is repeated");
        var trigger = Trigger(position, definition, fields);
        var parameters = Parameters(definition, fields);
        return problems.Count > before ? null : new Fault(definition.Kind, worker?.Value, trigger!) { Parameters = parameters };
    }

    private FaultTrigger? Trigger(string position, FaultDefinition definition, IReadOnlyList<FaultField> fields)
    {
        var moments = fields.Where(field => field.Name is FaultTrigger.StepWord or FaultTrigger.TimeWord).ToArray();
        switch (moments)
        {
            case []:
                problems.Add(new FaultProblem(position, null, definition.AllowsTime ? "needs step=N or time=SECONDS" : "needs step=N"));
                return null;
            case [{ Name: FaultTrigger.TimeWord } time, ..] when !definition.AllowsTime:
                Refuse(time, $"{definition.Name} is due after a step: step=N");
                return null;
            case [{ Name: FaultTrigger.TimeWord } time]:
                return Number(time, 0.001, LatestTime) is { } seconds ? FaultTrigger.AtTime(TimeSpan.FromSeconds(seconds)) : null;
            case [var step]:
                if (long.TryParse(step.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1)
                    return FaultTrigger.AtStep(number);
                Refuse(step, "allowed: a whole number, at least 1");
                return null;
            default:
                if (moments.Any(each => each.Name != moments[0].Name)) Refuse(moments[1], "either a step or a time");
                return null;
        }
    }

    private ImmutableSortedDictionary<string, double> Parameters(FaultDefinition definition, IReadOnlyList<FaultField> fields)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (var parameter in definition.Parameters)
            if (parameter.Default is { } value) values[parameter.Name] = value;
        foreach (var field in fields.Where(field => field.Name is not (FaultTrigger.StepWord or FaultTrigger.TimeWord)))
        {
            if (definition.Parameters.FirstOrDefault(each => each.Name == field.Name) is not { } parameter)
                Refuse(field, Known(definition));
            else if (Number(field, parameter.Min, parameter.Max) is { } value) values[parameter.Name] = value;
        }

        return values.ToImmutable();
    }

    private double? Number(FaultField field, double least, double most)
    {
        if (double.TryParse(field.Value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out var value) && value >= least && value <= most) return value;
        Refuse(field, string.Create(CultureInfo.InvariantCulture, $"allowed: a number from {least} to {most}"));
        return null;
    }

    private static string Known(FaultDefinition definition) =>
        definition.Parameters.IsEmpty
            ? $"{definition.Name} has no parameters"
            : $"{definition.Name} has {string.Join(", ", definition.Parameters.Select(each => each.Name))}";

    private void Refuse(FaultField field, string allowed) =>
        problems.Add(new FaultProblem(field.Position, field.Name.Length == 0 ? field.Value : $"{field.Name}={field.Value}", allowed));
}
