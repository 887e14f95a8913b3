package dev.greenroom.cli.api;

import dev.greenroom.cli.api.GridApiException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// The certificates of a PEM file, and no others, are trusted.
final class TrustedCertificates {
    private TrustedCertificates() {}

    static SSLContext in(Path file) throws GridApiException {
        try (var stream = Files.newInputStream(file)) {
            var certificates = CertificateFactory.getInstance("X.509").generateCertificates(stream);
            if (certificates.isEmpty()) {
                throw new CertificateException("it holds no certificate");
            }
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (var certificate : certificates) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new GridApiException(
                    Kind.TLS,
                    "GREENROOM_CA=" + file + " cannot be used (" + e.getMessage()
                            + "); name a PEM file with the certificates to trust");
        }
    }
}
