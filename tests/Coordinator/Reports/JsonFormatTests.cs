using System.Text.Json.Nodes;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Reports;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class JsonFormatTests
{
    [Fact]
    public void Text_OtherLetters_AreNotEscaped() =>
        Assert.Equal("""{"name":"Läufer <1> 'a'"}""", JsonFormat.Text(new JsonObject { ["name"] = "Läufer <1> 'a'" }));

    [Fact]
    public void Number_NotFinite_IsNull()
    {
        Assert.Equal("1.5", JsonFormat.Number(1.5)!.ToJsonString());
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity }) Assert.Null(JsonFormat.Number(value));
    }

    [Fact]
    public void List_Texts_KeepsTheirOrder()
    {
        Assert.Equal("""["b","a"]""", JsonFormat.Text(JsonFormat.List(["b", "a"])));
        Assert.Equal("[]", JsonFormat.Text(JsonFormat.List([])));
    }

    [Fact]
    public void Word_OfSeveralWords_HasUnderscores() => Assert.Equal("waiting_for_peer", JsonFormat.Word(LedgerCategory.WaitingForPeer));
}
