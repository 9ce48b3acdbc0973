using Distributed.Configuration;

namespace Distributed.Data.Examples.Files;

/// <summary>Collects the mistakes of all files, so that one run of the preparation lists them all.</summary>
internal sealed class ExampleProblems
{
    private readonly List<string> _listed = [];
    private long _count;

    /// <summary>Whether a mistake was found.</summary>
    public bool Any => _count > 0;

    /// <summary>Adds a mistake with its file, line and fix. Only the first ones are kept.</summary>
    public void Add(string problem)
    {
        if (_count++ < ConfigException.MaxListed) _listed.Add(problem);
    }

    /// <summary>Throws if there are mistakes.</summary>
    /// <exception cref="DataException">There are mistakes: lists the first <see cref="ConfigException.MaxListed"/>.</exception>
    public void ThrowIfAny()
    {
        if (!Any) return;
        var more = _count - _listed.Count;
        throw new DataException($"The examples have {_count} mistake{(_count == 1 ? "" : "s")}\n"
            + string.Join("\n", _listed.Select(problem => $"  {problem}")) + (more > 0 ? $"\n  and {more} more" : ""));
    }
}
