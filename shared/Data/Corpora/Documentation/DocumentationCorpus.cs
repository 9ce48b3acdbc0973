using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Distributed.Data.Corpora.Documentation;

/// <summary>
/// The default corpus: the English documentation of the .NET API, from an archive of the XML files beside the reference assemblies. It has
/// one document per type, grouped by namespace; repeated lines are left out.
/// </summary>
public sealed class DocumentationCorpus : ICorpus
{
    private const string BuildAgain = "Delete it and build the program again ('dotnet build').";

    private readonly string _archive;

    private DocumentationCorpus(string archive)
    {
        _archive = archive;
        using var zip = OpenArchive();
        var entries = EntriesOf(zip);
        SourceBytes = entries.Sum(entry => entry.Length);
        if (SourceBytes == 0)
        {
            throw new DataException($"The documentation archive '{archive}' holds no XML files. {BuildAgain}");
        }
    }

    public string Name => CorpusLocator.DefaultName;

    public long SourceBytes { get; }

    public bool IsGrouped => true;

    /// <summary>Lines left out in the last complete reading because they occurred before.</summary>
    public long DuplicateLines { get; private set; }

    /// <summary>Opens the archive that the build puts beside the program.</summary>
    /// <exception cref="DataException">The archive does not exist or cannot be read.</exception>
    public static DocumentationCorpus OpenDefault() => Open(Path.Combine(AppContext.BaseDirectory, "corpus", "dotnet-api-docs.zip"));

    /// <summary>Opens a zip archive of XML documentation files.</summary>
    public static DocumentationCorpus Open(string archive) => File.Exists(archive)
        ? new(archive)
        : throw new DataException(
            $"The default corpus is missing: '{archive}' does not exist. Build the program again ('dotnet build'), "
            + "or name another corpus.");

    /// <summary>SHA-256 of the names, lengths and checksums of the files, so that nothing is unpacked.</summary>
    public string Fingerprint(Action<long>? bytesRead = null, CancellationToken cancellation = default)
    {
        using var zip = OpenArchive();
        var list = string.Concat(EntriesOf(zip).Select(entry => $"{entry.Name} {entry.Length} {entry.Crc32:x8}\n"));
        bytesRead?.Invoke(SourceBytes);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)));
    }

    public IEnumerable<Document> Read(Action<long>? bytesRead = null, CancellationToken cancellation = default)
    {
        var seen = new Deduplication();
        using var zip = OpenArchive();
        foreach (var entry in EntriesOf(zip))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var document in ReadFile(entry, seen))
            {
                yield return document;
            }

            bytesRead?.Invoke(entry.Length);
        }

        DuplicateLines = seen.Duplicates;
    }

    private ZipArchive OpenArchive()
    {
        try
        {
            return ZipFile.OpenRead(_archive);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The documentation archive '{_archive}' cannot be read: {e.Message} {BuildAgain}", e);
        }
    }

    private static List<ZipArchiveEntry> EntriesOf(ZipArchive zip) => zip.Entries
        .Where(entry => entry.Name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase))
        .OrderBy(entry => entry.Name, StringComparer.Ordinal)
        .ToList();

    private List<Document> ReadFile(ZipArchiveEntry entry, Deduplication seen)
    {
        var types = new Dictionary<string, TypeDocument>(StringComparer.Ordinal);
        try
        {
            using var stream = entry.Open();
            using var reader = XmlReader.Create(stream);
            for (reader.MoveToContent(); !reader.EOF;)
            {
                if (reader is { NodeType: XmlNodeType.Element, Name: "member" })
                {
                    Add((XElement)XNode.ReadFrom(reader), types, seen);
                }
                else
                {
                    reader.Read();
                }
            }
        }
        catch (Exception e) when (e is XmlException or InvalidDataException)
        {
            throw new DataException($"'{entry.Name}' in the documentation archive '{_archive}' cannot be read: {e.Message} {BuildAgain}",
                e);
        }

        return types.Values.Where(type => !type.IsEmpty)
            .Select(type => new Document(type.ToString(), NamespaceOf(type.Type, types)))
            .ToList();
    }

    private static void Add(XElement member, Dictionary<string, TypeDocument> types, Deduplication seen)
    {
        var name = MemberName.Parse((string?)member.Attribute("name") ?? "");
        if (name.Type.Length == 0)
        {
            return;
        }

        if (!types.TryGetValue(name.Type, out var type))
        {
            types[name.Type] = type = new TypeDocument(name.Type);
        }

        if (!Namespaces.IsListing(NamespaceOf(name.Type, types)))
        {
            type.Add(name, member, seen);
        }
    }

    /// <summary>The namespace of a type; the prefix of a nested type is a type and is skipped.</summary>
    private static string NamespaceOf(string type, Dictionary<string, TypeDocument> types)
    {
        do
        {
            type = type.LastIndexOf('.') is > 0 and var dot ? type[..dot] : "";
        }
        while (types.ContainsKey(type));
        return type;
    }
}
