using Distributed.Configuration.Keys;

namespace Distributed.Configuration.Tests.Keys;

/// <summary>The way of cooking, for keys that are a choice.</summary>
internal enum Cooking
{
    /// <summary>Not cooked.</summary>
    Raw,

    /// <summary>Fried in a pan.</summary>
    Fried,
}

/// <summary>A part of a meal of which there are several kinds.</summary>
internal abstract record Course;

/// <summary>A kind of course with a property of its own.</summary>
internal sealed record Dessert : Course
{
    public double Minutes { get; init; } = 5;
}

/// <summary>A section with a key of every kind.</summary>
internal sealed record Meal
{
    private static readonly WordMap<Cooking> CookingWords = new(("raw", Cooking.Raw), ("fried", Cooking.Fried));

    public string Name { get; init; } = "soup";

    public string? Sauce { get; init; }

    public int Guests { get; init; } = 2;

    public long Serial { get; init; } = 5;

    public int? Chairs { get; init; }

    public int? Tables { get; init; } = 1;

    public double Weight { get; init; } = 0.5;

    public double? Price { get; init; }

    public bool Hot { get; init; } = true;

    public Cooking Cooking { get; init; }

    public IReadOnlyList<string> Courses { get; init; } = ["first"];

    public IReadOnlyList<string> Extras { get; init; } = [];

    public char Size { get; init; } = 'm';

    public Drink Drink { get; init; } = new();

    public Course? Last { get; init; }

    /// <summary>The keys in order of their declarations.</summary>
    public static KeyTable<Meal> Keys { get; } = new KeyTable<Meal>(Check)
        .Text("name", meal => meal.Name, "Name of the meal.")
        .OptionalText("sauce", meal => meal.Sauce, "Sauce; null: none.")
        .Integer("guests", meal => meal.Guests, "Number of guests; null: 0.", 0, 12, ifNull: 0)
        .Integer("serial", meal => meal.Serial, "Serial number.", 1)
        .OptionalInteger("chairs", meal => meal.Chairs, "Number of chairs; null: one per guest.", 1)
        .OptionalInteger("tables", meal => meal.Tables, "Number of tables; null: none.", 1, 3, writesNull: true)
        .Real("weight", meal => meal.Weight, "Weight in kg.", 0, 10)
        .OptionalReal("price", meal => meal.Price, "Price; null: unknown.", 0)
        .Flag("hot", meal => meal.Hot, "Whether the meal is hot.")
        .Choice("cooking", meal => meal.Cooking, "How it is cooked.", CookingWords)
        .Texts("courses", meal => meal.Courses, "The courses.")
        .Texts("extras", meal => meal.Extras, "Further courses.", omitsEmpty: true)
        .Custom("size", meal => meal.Size, "Size of a portion.", "s, m or l",
            (reader, fallback) => reader.Choice("size", fallback.ToString(), "s", "m", "l")[0], size => size.ToString())
        .Section("drink", meal => meal.Drink, Drink.Keys);

    private static void Check(Meal meal, ConfigReader reader)
    {
        if (meal.Chairs < meal.Guests) reader.Refuse("chairs", $"allowed: at least guests = {meal.Guests}");
    }
}

/// <summary>A section below <see cref="Meal"/>.</summary>
internal sealed record Drink
{
    public double Litres { get; init; } = 1;

    public static KeyTable<Drink> Keys { get; } = new KeyTable<Drink>().Real("litres", drink => drink.Litres, "Amount | size.", 0);
}
