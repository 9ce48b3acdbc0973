using System.IO.Compression;
using System.Text;
using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Tests.Examples.Files;

public sealed class ExampleFileReaderTests : IDisposable
{
    private static readonly string[] Seeds =
    [
        """{"prompt": "p", "completion": "c"}""",
        """
        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "é深"}]}
        """,
        """{"prompt": [{"role": "user", "content": "u"}], "chosen": "a", "rejected": [{"role": "assistant", "content": "b"}]}""",
        """{"prompt": "p", "answer": "42", "domain": "math"}""",
    ];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_Completions_GivesPromptsAndAnswersWithTheirLines()
    {
        var path = _folder.Write("a.jsonl", """
            {"prompt":"p","completion":"c","id":1}

            {"prompt":"","completion":" d"}
            """);
        Assert.Equal(
            [new Example.Completion(new(path, 1), "p", "c"), new Example.Completion(new(path, 3), "", " d")],
            Read(path, ExampleKind.Completions).Select(line => line.Example));
    }

    [Fact]
    public void Read_Chats_GivesTheMessagesInOrder()
    {
        var chat = (Example.Chat)Single(Seeds[1], ExampleKind.Chats).Example!;
        Assert.Equal([new(Role.System, "s"), new(Role.User, "u"), new(Role.Assistant, "é深")], chat.Messages);
    }

    [Theory]
    [InlineData("""{"prompt":"p","chosen":"a","rejected":"b"}""", false)]
    [InlineData("""{"prompt":[{"role":"user","content":"p"}],"chosen":"a","rejected":"b"}""", true)]
    [InlineData("""{"prompt":"p","chosen":[{"role":"assistant","content":"a"}],"rejected":"b"}""", true)]
    [InlineData("""{"prompt":"p","chosen":"a","rejected":[{"role":"assistant","content":"b"}]}""", true)]
    public void Read_Preferences_AreChatsIfAPartIsAListOfMessages(string line, bool isChat)
    {
        var pair = (Example.Preference)Single(line, ExampleKind.Preferences).Example!;
        Assert.Equal(("a", "b", isChat), (pair.Chosen, pair.Rejected, pair.NeedsRoles));
        if (pair.Prompt is Prompt.Chat chat) Assert.Equal([new(Role.User, "p")], chat.Messages);
        else Assert.Equal(new Prompt.Text("p"), pair.Prompt);
    }

    [Fact]
    public void Read_Prompts_HaveOptionalAnswerAndDomain()
    {
        var path = _folder.Write("a.jsonl",
            "{\"prompt\":\"p\",\"answer\":\"42\",\"domain\":\"math\"}\n{\"prompt\":\"q\",\"answer\":null}\n");
        Assert.Equal(
            [
                new Example.Task(new(path, 1), new Prompt.Text("p"), "42", "math"),
                new Example.Task(new(path, 2), new Prompt.Text("q"), null, null),
            ],
            Read(path, ExampleKind.Prompts).Select(line => line.Example));
    }

    [Theory]
    [InlineData(ExampleKind.Completions, """{"prompt":"p"}""", "has no key 'completion' (its keys: 'prompt'). Add the key 'completion'.")]
    [InlineData(ExampleKind.Completions, """{"prompt":"p","completions":"c"}""", "Rename 'completions' to 'completion'.")]
    [InlineData(ExampleKind.Completions, """{"prompt":"p","completion":" \n"}""", "has an empty 'completion'. Give it a text")]
    [InlineData(ExampleKind.Completions, """{"prompt":5,"completion":"c"}""", "has a 'prompt' that is a JSON number, not a string.")]
    [InlineData(ExampleKind.Completions, """["p"]""", """is a JSON array, not an object. Write {"prompt": "...", "completion": "..."}""")]
    [InlineData(ExampleKind.Completions, """{"prompt":"p","completion":"c" x}""", "(column 32) is not JSON")]
    [InlineData(ExampleKind.Completions, """{"prompt":"p","prompt":"q","completion":"c"}""", "has the key 'prompt' twice")]
    [InlineData(ExampleKind.Completions, """{"prompt":"\ud800","completion":"c"}""", "a string that is not text")]
    [InlineData(ExampleKind.Chats, """{"messages":[]}""", "has an empty list 'messages'. Give at least one message")]
    [InlineData(ExampleKind.Chats, """{"messages":"u"}""", "a 'messages' that is a JSON string, not a list of messages")]
    [InlineData(ExampleKind.Chats, """{"messages":["u"]}""", "a 'messages[0]' that is a JSON string, not a message")]
    [InlineData(ExampleKind.Chats, """{"messages":[{"role":"user"}]}""", "has no key 'content' in 'messages[0]' (its keys: 'role')")]
    [InlineData(ExampleKind.Chats, """{"messages":[{"rôle":"user","content":"u"}]}""", "Rename 'rôle' to 'role'.")]
    [InlineData(ExampleKind.Chats, """{"messages":[{"role":"user","content":null}]}""", "a 'messages[0].content' that is a JSON null")]
    [InlineData(ExampleKind.Chats, """{"messages":[{"role":"asistant","content":"u"}]}""",
        "the unknown role 'asistant' in 'messages[0]'. Allowed: 'system', 'user', 'assistant'; the nearest is 'assistant'.")]
    [InlineData(ExampleKind.Chats, """{"messages":[{"role":"user","content":"u"}]}""", "has no assistant turn in 'messages'")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"assistant","content":"a"}]}""", "begins with an assistant turn at 'messages[0]'")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]}""",
        "has two assistant turns in a row at 'messages[2]'. Merge them")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"user","content":"u"},{"role":"user","content":"v"},{"role":"assistant","content":"b"}]}""",
        "has two user turns in a row at 'messages[1]'")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"user","content":"u"},{"role":"system","content":"s"},{"role":"assistant","content":"b"}]}""",
        "has a system message at 'messages[1]'. Put it first")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"user","content":"v"}]}""",
        "ends with a message of the user in 'messages', not of the assistant. Add the assistant's answer")]
    [InlineData(ExampleKind.Chats,
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":""}]}""", "has an empty 'messages[1].content'")]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","chosen":"a"}""", "has no key 'rejected'")]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","rejected":"a"}""", "has no key 'chosen'")]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","chosen":"a","rejected":"a"}""", "equal texts under 'chosen' and 'rejected'")]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","chosen":[{"role":"user","content":"a"}],"rejected":"b"}""",
        "has a 'chosen' that is not one message of the assistant")]
    [InlineData(ExampleKind.Preferences, """{"prompt":"p","chosen":"a","rejected":""}""", "has an empty 'rejected'")]
    [InlineData(ExampleKind.Preferences, """{"prompt":[],"chosen":"a","rejected":"b"}""", "has an empty list 'prompt'")]
    [InlineData(ExampleKind.Prompts, """{"answer":"a"}""", "has no key 'prompt'")]
    [InlineData(ExampleKind.Prompts, """{"prompt":""}""", "has an empty 'prompt'")]
    [InlineData(ExampleKind.Prompts, """{"prompt":7}""", "a 'prompt' that is a JSON number, neither a string nor a list of messages")]
    [InlineData(ExampleKind.Prompts, """{"prompt":"p","answer":42}""", "has a 'answer' that is a JSON number, not a string")]
    [InlineData(ExampleKind.Prompts,
        """{"prompt":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}""", "ends with a message of the assistant")]
    public void Read_Mistake_IsNamedWithFileLineAndFix(ExampleKind kind, string line, string expected)
    {
        var path = _folder.Write("bad.jsonl", $"\n{line}\n");
        var problem = Assert.Single(Read(path, kind)).Problem;
        Assert.StartsWith($"Line 2 of '{path}' ", problem);
        Assert.Contains(expected, problem);
        Assert.EndsWith(".", problem);
    }

    [Theory]
    [InlineData(true, false, "'answer'")]
    [InlineData(false, true, "'domain'")]
    public void Read_PromptWithoutARequiredKey_IsAMistake(bool needsAnswer, bool needsDomain, string key)
    {
        var path = _folder.Write("a.jsonl", "{\"prompt\":\"p\"}");
        var line = Assert.Single(ExampleFileReader.Read(path, new(ExampleKind.Prompts, needsAnswer, needsDomain)));
        Assert.Contains($"has no key {key}", line.Problem);
    }

    [Fact]
    public void Read_SeveralMistakes_DoNotEndTheReading()
    {
        var path = _folder.Write("a.jsonl", $"x\n{Seeds[0]}\n{{}}\n{Seeds[0]}\n");
        Assert.Equal([false, true, false, true], Read(path, ExampleKind.Completions).Select(line => line.Example is not null));
    }

    [Fact]
    public void Read_Compressed_GivesTheSameExamples()
    {
        using (var gzip = new GZipStream(File.Create(_folder.At("a.jsonl.gz")), CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"{Seeds[0]}\n{Seeds[0]}\n"));
        }

        Assert.Equal([1L, 2L], Read(_folder.At("a.jsonl.gz"), ExampleKind.Completions).Select(line => line.Example!.Source.Number));
    }

    [Fact]
    public void Read_NotUtf8_EndsTheFileWithOffsetAndLine()
    {
        var path = _folder.At("a.jsonl");
        File.WriteAllBytes(path, [.. Encoding.UTF8.GetBytes(Seeds[0]), (byte)'\n', 0xE9, (byte)'\n', .. Encoding.UTF8.GetBytes(Seeds[0])]);
        var lines = Read(path, ExampleKind.Completions);
        Assert.Equal(2, lines.Count);
        Assert.Contains($"byte 0xE9 at offset {Seeds[0].Length + 1} (line 2)", lines[1].Problem);
    }

    [Theory]
    [InlineData(0, ExampleKind.Completions)]
    [InlineData(1, ExampleKind.Chats)]
    [InlineData(2, ExampleKind.Preferences)]
    [InlineData(3, ExampleKind.Prompts)]
    public void KindOf_FirstLine_IsFoundByItsKeys(int seed, ExampleKind kind) =>
        Assert.Equal(kind, ExampleFileReader.KindOf(_folder.Write("a.jsonl", Seeds[seed])));

    [Theory]
    [InlineData("""{"text":"t"}""", "Line 1 of '")]
    [InlineData("\n", "has no example")]
    public void KindOf_NoKind_IsRefused(string content, string expected) => Assert.Contains(expected,
        Assert.Throws<DataException>(() => ExampleFileReader.KindOf(_folder.Write("a.jsonl", content))).Message);

    [Fact]
    public void Read_MutatedLines_AreExamplesOrNamedMistakes()
    {
        var random = new Random(7);
        string[] parts =
        [
            "{", "}", "[", "]", "\"", ",", ":", "null", "0", "\\u0000", "\\ud800", "\\", "é", "\"role\"", "true", "\t", "1e999",
        ];
        var (examples, mistakes) = (0, 0);
        for (var round = 0; round < 2000; round++)
        {
            var line = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                var at = random.Next(line.Length);
                if (random.Next(2) == 0) line.Remove(at, Math.Min(random.Next(1, 8), line.Length - at)).Append(' ');
                else line.Insert(at, parts[random.Next(parts.Length)]);
            }

            var path = _folder.Write("fuzz.jsonl", line.ToString());
            foreach (var kind in Enum.GetValues<ExampleKind>())
            {
                foreach (var (example, problem) in Read(path, kind))
                {
                    if (example is null) Assert.StartsWith($"Line 1 of '{path}' ", problem);
                    else Assert.Null(problem);
                    _ = example is null ? mistakes++ : examples++;
                }
            }
        }

        Assert.True(examples > 50 && mistakes > 1000, $"{examples} examples, {mistakes} mistakes");
    }

    public void Dispose() => _folder.Dispose();

    private static List<ExampleLine> Read(string path, ExampleKind kind) => [.. ExampleFileReader.Read(path, new(kind))];

    private ExampleLine Single(string line, ExampleKind kind) => Assert.Single(Read(_folder.Write("one.jsonl", line), kind));
}
