using System.Collections.Immutable;
using System.Globalization;
using Distributed.Configuration;

namespace Distributed.Protocol.Faults;

/// <summary>A name and value in the text of a fault, and their position.</summary>
internal readonly record struct FaultField(string Name, string Value, string Position);

/// <summary>Builds a fault from the fields of any form, and collects every mistake.</summary>
/// <param name="problems">Receives the mistakes.</param>
internal sealed class FaultReader(List<ConfigProblem> problems)
{
    private static readonly NumberRange Times = new(0.001, 86_400 * 30.0); // up to a month, in seconds
    private static readonly WholeRange Steps = new(1);

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
            Refuse(worker?.Position ?? position, null, needed);
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

    /// <summary>Reports a mistake.</summary>
    /// <param name="position">Position of the mistake: the fault, and the character or line if known.</param>
    /// <param name="value">The wrong value; null if a value is missing.</param>
    /// <param name="allowed">The allowed values.</param>
    public void Refuse(string position, string? value, string allowed) =>
        problems.Add(new ConfigProblem(position, value, allowed) { Separator = ConfigProblem.AtPosition });

    private FaultTrigger? Trigger(string position, FaultDefinition definition, IReadOnlyList<FaultField> fields)
    {
        var moments = fields.Where(field => field.Name is FaultTrigger.StepWord or FaultTrigger.TimeWord).ToArray();
        switch (moments)
        {
            case []:
                Refuse(position, null, definition.AllowsTime ? "needs step=N or time=SECONDS" : "needs step=N");
                return null;
            case [{ Name: FaultTrigger.TimeWord } time, ..] when !definition.AllowsTime:
                Refuse(time, $"{definition.Name} is due after a step: step=N");
                return null;
            case [{ Name: FaultTrigger.TimeWord } time]:
                return Number(time, Times) is { } seconds ? FaultTrigger.AtTime(TimeSpan.FromSeconds(seconds)) : null;
            case [var step]:
                if (long.TryParse(step.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Steps.Min)
                    return FaultTrigger.AtStep(number);
                Refuse(step, $"allowed: {Steps}");
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
            else if (Number(field, parameter.Range) is { } value) values[parameter.Name] = value;
        }

        return values.ToImmutable();
    }

    private double? Number(FaultField field, NumberRange range)
    {
        if (double.TryParse(field.Value, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out var value) && range.Contains(value)) return value;
        Refuse(field, $"allowed: {range}");
        return null;
    }

    private static string Known(FaultDefinition definition) =>
        definition.Parameters.IsEmpty
            ? $"{definition.Name} has no parameters"
            : $"{definition.Name} has {string.Join(", ", definition.Parameters.Select(each => each.Name))}";

    private void Refuse(FaultField field, string allowed) =>
        Refuse(field.Position, field.Name.Length == 0 ? field.Value : $"{field.Name}={field.Value}", allowed);
}
