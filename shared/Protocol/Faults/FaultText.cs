using Distributed.Configuration;

namespace Distributed.Protocol.Faults;

/// <summary>Parses the text form of faults: <c>kind:worker@step=N,name=value</c>, separated by <c>;</c> or line breaks.</summary>
internal static class FaultText
{
    public static List<Fault> Read(IEnumerable<string> texts, List<ConfigProblem> problems)
    {
        var faults = new List<Fault>();
        var (reader, number) = (new FaultReader(problems), 0);
        foreach (var text in texts)
        {
            var found = number;
            for (var start = 0; start <= text.Length;)
            {
                var end = text.AsSpan(start).IndexOfAny(';', '\n', '\r') is var length and >= 0 ? start + length : text.Length;
                if (!string.IsNullOrWhiteSpace(text[start..end])
                    && One(reader, $"fault {++number}", text, start, end, problems) is { } fault) faults.Add(fault);
                start = end + 1;
            }

            if (number == found) reader.Refuse($"fault {++number}", $"\"{text}\"", "is empty; allowed: kind:worker@step=N");
        }

        return faults;
    }

    private static Fault? One(FaultReader reader, string fault, string text, int start, int end, List<ConfigProblem> problems)
    {
        while (char.IsWhiteSpace(text[start])) start++;
        while (char.IsWhiteSpace(text[end - 1])) end--;
        var at = text.IndexOf('@', start, end - start);
        var (headEnd, before) = (at < 0 ? end : at, problems.Count);
        var colon = text.IndexOf(':', start, headEnd - start);
        var kind = new FaultField("", text[start..(colon < 0 ? headEnd : colon)], Position(start));
        FaultField? worker = colon < 0 ? null : new FaultField("", text[(colon + 1)..headEnd], Position(colon + 1));
        var fields = new List<FaultField>();
        for (var from = at < 0 ? end + 1 : at + 1; from <= end;)
        {
            var comma = text.IndexOf(',', from, end - from) is var found and >= 0 ? found : end;
            var word = text[from..comma];
            if (word.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
                fields.Add(new FaultField(word[..equals], word[(equals + 1)..], Position(from)));
            else reader.Refuse(Position(from), $"\"{word}\"", "allowed: name=value");
            from = comma + 1;
        }

        var read = reader.Read(fault, kind, worker, fields);
        return problems.Count > before ? null : read;

        string Position(int index) => $"{fault}, character {index + 1}";
    }
}
