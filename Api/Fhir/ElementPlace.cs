using System.Text.Json.Nodes;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>
/// Where an element stands in the JSON of its resource: in <paramref name="Owner"/>, under a name, with an index in a list.
/// A primitive stands there twice (FHIR R4, json.html section 2.6.2.3): its value under the name, its id and extensions
/// under the name with an underscore.
/// </summary>
internal readonly record struct ElementPlace(JsonObject Owner, string Name, int? Index)
{
    private string Other => "_" + Name;

    /// <summary>The place of a node of the resource whose JSON this is; null when it is not in it.</summary>
    public static ElementPlace? Of(PocoNode node, JsonObject resource)
    {
        if (node.Parent is null || ObjectOf(node.Parent, resource) is not { } owner)
            return null;
        var type = node.Poco.TypeName;
        var choice = node.Name + char.ToUpperInvariant(type[0]) + type[1..];
        var name = Array.Find([node.Name, choice], one => owner.ContainsKey(one) || owner.ContainsKey("_" + one));
        return name is null ? null : new ElementPlace(owner, name, node.Index);
    }

    /// <summary>The object that has the children of a node; for a primitive it is made when there is none.</summary>
    public static JsonObject? ObjectOf(PocoNode node, JsonObject resource)
    {
        if (node.Parent is null)
            return node.Poco is Resource ? resource : null;
        if (Of(node, resource) is not { } place)
            return null;
        var isPrimitive = node.Poco is PrimitiveType;
        if (isPrimitive && place.Get(place.Other) is null)
            place.Put(place.Get(place.Name)?.DeepClone(), new JsonObject());
        return place.Get(isPrimitive ? place.Other : place.Name) as JsonObject;
    }

    /// <summary>How many elements the list has.</summary>
    public int Count => Math.Max(Items(Name)?.Count ?? 0, Items(Other)?.Count ?? 0);

    /// <summary>What stands under the name; null when that is nothing.</summary>
    public JsonNode? Value => Get(Name);

    /// <summary>Whether there is something under the name.</summary>
    public bool IsThere => Owner.ContainsKey(Name) || Owner.ContainsKey(Other);

    /// <summary>Puts a value, and for a primitive what belongs to it, in the place of what is there.</summary>
    public void Put(JsonNode? value, JsonNode? other)
    {
        if (Index is { } index)
        {
            RemoveAt(index);
            Insert(index, value, other);
            return;
        }
        Set(Name, value);
        Set(Other, other);
    }

    /// <summary>Inserts into the list.</summary>
    public void Insert(int index, JsonNode? value, JsonNode? other)
    {
        var count = Count;
        Insert(Name, index, count, value);
        Insert(Other, index, count, other);
    }

    /// <summary>Takes an element out of the list.</summary>
    public (JsonNode? Value, JsonNode? Other) RemoveAt(int index) => (RemoveAt(Name, index), RemoveAt(Other, index));

    /// <summary>Removes the element.</summary>
    public void Remove()
    {
        if (Index is { } index)
        {
            RemoveAt(index);
            return;
        }
        Owner.Remove(Name);
        Owner.Remove(Other);
    }

    private JsonArray? Items(string name) => Owner[name] as JsonArray;

    private JsonNode? Get(string name) =>
        Index is not { } index ? Owner[name]
        : Items(name) is { } items && index < items.Count ? items[index]
        : null;

    private void Set(string name, JsonNode? value)
    {
        Owner.Remove(name);
        if (value is not null)
            Owner[name] = value;
    }

    // Both arrays of a primitive are as long, with null where there is nothing.
    private void Insert(string name, int index, int count, JsonNode? value)
    {
        if (Items(name) is not { } items)
        {
            if (value is null)
                return;
            Owner[name] = items = [];
        }
        while (items.Count < count)
            items.Add((JsonNode?)null);
        items.Insert(index, value);
    }

    private JsonNode? RemoveAt(string name, int index)
    {
        if (Items(name) is not { } items || index >= items.Count)
            return null;
        var removed = items[index];
        items.RemoveAt(index);
        if (items.All(item => item is null))
            Owner.Remove(name);
        return removed;
    }
}
