using System.Runtime.CompilerServices;
using Distributed.Simulation.Clock;

namespace Distributed.Simulation;

/// <summary>The log of a schedule: one line per event, with its virtual time. Formats nothing while it is off.</summary>
internal sealed class EventLog(VirtualTime time, bool isOn)
{
    private readonly List<string> _lines = [];

    public bool IsOn => isOn;

    public IReadOnlyList<string> Lines => _lines;

    public void Write([InterpolatedStringHandlerArgument("")] ref Line line)
    {
        if (isOn) _lines.Add(string.Create(null, $"{time.Now.TotalSeconds,12:0.000000}  {line.Text.ToStringAndClear()}"));
    }

    /// <summary>A line that is formatted only if the log is on.</summary>
    [InterpolatedStringHandler]
    public ref struct Line(int literals, int holes, EventLog log, out bool isWanted)
    {
        public DefaultInterpolatedStringHandler Text = (isWanted = log.IsOn)
            ? new(literals, holes, System.Globalization.CultureInfo.InvariantCulture) : default;

        public void AppendLiteral(string text) => Text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => Text.AppendFormatted(value);

        public void AppendFormatted<T>(T value, string? format) => Text.AppendFormatted(value, format);
    }
}
