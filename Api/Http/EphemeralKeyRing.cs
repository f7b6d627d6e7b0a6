using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace MedLedger.Api.Http;

/// <summary>
/// ASP.NET's data protection with keys that live as long as the process: it protects no more than the state of one login, and
/// by default would leave an unencrypted key in the user's home folder.
/// </summary>
internal sealed class EphemeralKeyRing : IXmlRepository
{
    private readonly List<XElement> _elements = [];

    public static void Use(IServiceCollection services) =>
        services
            .AddDataProtection()
            .UseEphemeralDataProtectionProvider()
            .Services.Configure<KeyManagementOptions>(options =>
            {
                options.XmlRepository = new EphemeralKeyRing();
                options.XmlEncryptor = new NullXmlEncryptor(); // nothing is stored
            });

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        lock (_elements)
            return [.. _elements];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        lock (_elements)
            _elements.Add(element);
    }
}
