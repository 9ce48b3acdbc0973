using System.Text.Json.Nodes;
using Distributed.Configuration.Keys;

namespace Distributed.Configuration.Tests.Keys;

public sealed class KeyTableTests
{
    private const string Defaults = """
        {"name":"soup","guests":2,"serial":5,"tables":1,"weight":0.5,"hot":true,"cooking":"raw","courses":["first"],
        "size":"m","drink":{"litres":1}}
        """;

    private const string Changed = """
        {"name":"stew","guests":3,"serial":9,"tables":null,"weight":1.5,"hot":false,"cooking":"fried","courses":["a","b"],
        "size":"l","drink":{"litres":2},"sauce":"x","chairs":4,"price":2.5,"extras":["c"]}
        """;

    private readonly List<ConfigProblem> _problems = [];

    [Fact]
    public void Write_Defaults_OmitsKeysWithoutAValue() => Assert.Equal(Line(Defaults), Meal.Keys.Write(new Meal()).ToJsonString());

    [Fact]
    public void Write_EveryKeyGiven_WritesThoseThatCanBeOmittedLast() =>
        Assert.Equal(Line(Changed), Meal.Keys.Write(Read(Line(Changed))).ToJsonString());

    [Fact]
    public void Read_NoKeys_GivesTheDefaultsOfTheCaller()
    {
        var defaults = new Meal { Guests = 7, Drink = new Drink { Litres = 3 } };

        Assert.Equal(defaults, Meal.Keys.ReadWhole(new ConfigReader([], "", _problems), defaults));
        Assert.Empty(_problems);
    }

    [Fact]
    public void Read_AKey_LeavesTheDefaultsUnchanged()
    {
        var defaults = new Meal();

        Assert.Equal(4, Meal.Keys.Read(new ConfigReader(new JsonObject { ["guests"] = 4 }, "", _problems), defaults).Guests);
        Assert.Equal(2, defaults.Guests);
    }

    [Fact]
    public void Read_NullWhereItIsAllowed_GivesItsValue()
    {
        var meal = Read("""{"guests":null,"sauce":null,"chairs":null,"tables":null,"price":null,"extras":null}""");

        Assert.Equal((0, null), (meal.Guests, meal.Tables));
        Assert.Empty(_problems);
    }

    [Theory]
    [InlineData("""{"guests":13}""", "meal.guests = 13: allowed: a whole number from 0 to 12")]
    [InlineData("""{"serial":0}""", "meal.serial = 0: allowed: a whole number, at least 1")]
    [InlineData("""{"tables":9}""", "meal.tables = 9: allowed: a whole number from 1 to 3")]
    [InlineData("""{"weight":-1}""", "meal.weight = -1: allowed: a number from 0 to 10")]
    [InlineData("""{"price":"much"}""", "meal.price = \"much\": allowed: a number, at least 0")]
    [InlineData("""{"hot":1}""", "meal.hot = 1: allowed: true or false")]
    [InlineData("""{"name":null}""", "meal.name = null: allowed: a string")]
    [InlineData("""{"cooking":"fryed"}""", "meal.cooking = \"fryed\": allowed: one of raw, fried; did you mean fried?")]
    [InlineData("""{"courses":{}}""", "meal.courses = {}: allowed: a string or a list of strings")]
    [InlineData("""{"drink":1}""", "meal.drink = 1: allowed: a section of keys; leave the key out for the defaults")]
    [InlineData("""{"drink":{"liters":1}}""", "meal.drink.liters = 1: no such key; did you mean meal.drink.litres?")]
    [InlineData("""{"gests":1}""", "meal.gests = 1: no such key; did you mean meal.guests?")]
    [InlineData("""{"chairs":1}""", "meal.chairs = 1: allowed: at least guests = 2")]
    public void Read_AMistake_IsReported(string json, string message)
    {
        Read(json);

        Assert.Equal(message, Assert.Single(_problems).ToString());
    }

    [Fact]
    public void Read_SeveralMistakes_AreReportedInTheOrderOfTheKeys()
    {
        Read("""{"other":1,"size":"x","guests":-1,"drink":{"litres":-1}}""");

        Assert.Equal(["meal.guests", "meal.size", "meal.drink.litres", "meal.other"], _problems.Select(problem => problem.Key));
    }

    [Fact]
    public void Describe_Defaults_ListsEveryKeyWithItsRange()
    {
        var keys = Meal.Keys.Describe(new Meal()).ToDictionary(key => key.Name);

        Assert.Equal(14, keys.Count);
        Assert.Equal(new("guests", "a whole number from 0 to 12, or null", "2", "Number of guests; null: 0."), keys["guests"]);
        Assert.Equal(new("sauce", "a string, or null", "null", "Sauce; null: none."), keys["sauce"]);
        Assert.Equal(new("courses", "a string or a list of strings", "[\"first\"]", "The courses."), keys["courses"]);
        Assert.Equal("1", keys["drink.litres"].Default);
    }

    [Fact]
    public void Table_OfDescriptions_IsMarkdown()
    {
        KeyDescription[] keys = [new("name", "a string", "", "Name."), .. Drink.Keys.Describe(new Drink())];

        Assert.Equal(
            "| key | allowed | default | meaning |\n|---|---|---|---|\n| `name` | a string | required | Name. |\n"
            + "| `litres` | a number, at least 0 | `1` | Amount \\| size. |\n",
            KeyDescription.Table(keys));
    }

    [Fact]
    public void With_AKeyDeclaredTwice_IsRefused() => Assert.Contains(
        "litres is declared twice",
        Assert.Throws<ArgumentException>(() => Drink.Keys.Real("litres", drink => drink.Litres, "Again.")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Property_OfAnotherObject_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new KeyTable<Meal>().Real("litres", meal => new Drink().Litres, "Not of a meal."));

    [Fact]
    public void Property_OfAPartThatIsCast_IsReadIntoACopyAndWritten()
    {
        var keys = new KeyTable<Meal>().Real("litres", meal => ((Drink)meal.Drink).Litres, "Amount.")
            .Real("minutes", meal => ((Dessert)meal.Last!).Minutes, "Time to cook.");
        var meal = new Meal { Last = new Dessert() };

        var read = keys.Read(new ConfigReader(new JsonObject { ["litres"] = 2, ["minutes"] = 7 }, "meal", _problems), meal);

        Assert.Empty(_problems);
        Assert.Equal(meal with { Drink = meal.Drink with { Litres = 2 }, Last = new Dessert { Minutes = 7 } }, read);
        Assert.Equal((1, 5), (meal.Drink.Litres, ((Dessert)meal.Last).Minutes));
        Assert.Equal("""{"litres":2,"minutes":7}""", keys.Write(read).ToJsonString());
    }

    private Meal Read(string json) =>
        Meal.Keys.ReadWhole(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "meal", _problems), new Meal());

    private static string Line(string json) => json.Replace("\n", "", StringComparison.Ordinal);
}
