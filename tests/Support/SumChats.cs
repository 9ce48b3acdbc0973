using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Tests;

/// <summary>
/// Chats and preferences about sums of two digits, in deploy/jobs/data. An assistant answers in one of four forms. The hidden rule of the
/// preferences: of two answers, the longer one is better.
/// </summary>
public static class SumChats
{
    private static readonly string[] Questions =
        ["What is {0} plus {1}?", "{0} + {1} = ?", "Add {0} and {1}.", "Tell me the sum of {0} and {1}."];

    /// <summary>Forms of an answer to {0} plus {1}, from the shortest to the longest.</summary>
    public static IReadOnlyList<string> Forms { get; } =
        ["{2}", "It is {2}.", "{0} plus {1} is {2}.", "{0} plus {1} is {2}. Anything else?"];

    /// <summary>Returns the index of an answer's form; -1 if it has none or a wrong sum.</summary>
    public static int FormOf(string answer, int a, int b) => Forms.ToList().FindIndex(form => Text(form, a, b) == answer.Trim());

    /// <summary>Returns the index of an answer's form, also with a wrong sum; -1 if it has none.</summary>
    public static int FormWithAnySum(string answer, int a, int b) => Forms.ToList().FindIndex(form => System.Text.RegularExpressions.Regex
        .IsMatch(answer.Trim(), $"^{System.Text.RegularExpressions.Regex.Escape(form).Replace(@"\{2}", @"\d+", StringComparison.Ordinal)
            .Replace(@"\{0}", $"{a}", StringComparison.Ordinal).Replace(@"\{1}", $"{b}", StringComparison.Ordinal)}$"));

    /// <summary>Whether a sum is in held-out examples only.</summary>
    public static bool IsHeldOut(int a, int b) => (a * 7 + b * 3) % 5 == 0;

    /// <summary>All sums that are held out, or all others.</summary>
    public static IReadOnlyList<(int A, int B)> Sums(bool heldOut) =>
        [.. from a in Enumerable.Range(0, 10) from b in Enumerable.Range(0, 10) where IsHeldOut(a, b) == heldOut select (a, b)];

    /// <summary>A question.</summary>
    public static string Question(int form, int a, int b) => Text(Questions[form % Questions.Length], a, b);

    /// <summary>Lines of chats: one or two sums each, answered in a random form.</summary>
    public static IEnumerable<string> Chats(int count, bool heldOut)
    {
        var (random, sums) = (new Random(heldOut ? 2 : 1), Sums(heldOut));
        for (var line = 0; line < count; line++)
        {
            var messages = new JsonArray();
            if (random.Next(5) == 0) messages.Add(Message("system", "You add numbers."));
            for (var turns = random.Next(3) == 0 ? 2 : 1; turns > 0; turns--)
            {
                var (a, b) = sums[random.Next(sums.Count)];
                messages.Add(Message("user", Question(random.Next(4), a, b)));
                messages.Add(Message("assistant", Text(Forms[random.Next(4)], a, b)));
            }

            yield return new JsonObject { ["messages"] = messages }.ToJsonString(Plain);
        }
    }

    /// <summary>Lines of preferences between two forms of the right answer.</summary>
    public static IEnumerable<string> Preferences(int count, bool heldOut)
    {
        var (random, sums) = (new Random(heldOut ? 4 : 3), Sums(heldOut));
        for (var line = 0; line < count; line++)
        {
            var (a, b) = sums[random.Next(sums.Count)];
            var (one, other) = (random.Next(4), random.Next(3));
            if (other >= one) other++;
            yield return new JsonObject
            {
                ["prompt"] = new JsonArray(Message("user", Question(random.Next(4), a, b))),
                ["chosen"] = Text(Forms[Math.Max(one, other)], a, b),
                ["rejected"] = Text(Forms[Math.Min(one, other)], a, b),
            }.ToJsonString(Plain);
        }
    }

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static string Text(string form, int a, int b) => string.Format(CultureInfo.InvariantCulture, form, a, b, a + b);
}
