package dev.greenroom.cli.doctor;

import dev.greenroom.config.Catalog;
import dev.greenroom.config.SettingEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// The files that settings name.
final class FileChecks {
    private static final long LEAST_FREE_BYTES = 1L << 30;
    private static final Duration SOON = Duration.ofDays(14);
    private static final int PROBE_BYTES = 32;

    private FileChecks() {}

    static List<Finding> secrets(Facts facts) {
        var names = new TreeSet<>(List.of("TLS_KEY_FILE", "AUTH_TOKENS_FILE", "WORKER_SECRET_FILE"));
        Catalog.roots().stream()
                .flatMap(root -> Catalog.of(root).settings())
                .filter(SettingEntry::hasVariable)
                .forEach(entry -> entry.fileName().ifPresent(names::add));
        var findings = new ArrayList<Finding>();
        for (var name : names) {
            file(facts, name)
                    .filter(FileChecks::isReadByAll)
                    .ifPresent(path -> findings.add(Finding.warning(
                            name + "=" + path + " can be read by every user of this machine",
                            "chmod 600 " + path + ", and let it belong to the user that runs Greenroom.")));
        }
        return findings;
    }

    private static Optional<Path> file(Facts facts, String name) {
        var text = facts.environment().getOrDefault(name, "").strip();
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    private static boolean isReadByAll(Path path) {
        try {
            return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }

    static List<Finding> certificate(Facts facts) {
        var file = file(facts, "TLS_CERT_FILE");
        if (file.isEmpty()) {
            return List.of();
        }
        try (var stream = Files.newInputStream(file.get())) {
            var factory = CertificateFactory.getInstance("X.509");
            if (!(factory.generateCertificate(stream) instanceof X509Certificate certificate)) {
                return List.of();
            }
            var findings = new ArrayList<Finding>(dates(certificate));
            var key = file(facts, "TLS_KEY_FILE");
            if (key.isPresent() && !belongTogether(certificate, key.get())) {
                findings.add(Finding.error(
                        "The key in TLS_KEY_FILE is not that of the certificate in TLS_CERT_FILE",
                        "Give the two that were made together."));
            }
            return findings;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            return List.of(Finding.error(
                    "TLS_CERT_FILE or TLS_KEY_FILE cannot be read ("
                            + e.getClass().getSimpleName() + ")",
                    "Give PEM files, the key as PKCS #8, that this user may read."));
        }
    }

    private static List<Finding> dates(X509Certificate certificate) {
        var end = certificate.getNotAfter().toInstant();
        var left = Duration.between(Instant.now(), end);
        if (left.isNegative()) {
            return List.of(Finding.error("The certificate expired on " + end, "Renew it; clients refuse it."));
        }
        return left.compareTo(SOON) < 0
                ? List.of(Finding.warning("The certificate expires on " + end, "Renew it now."))
                : List.of();
    }

    private static boolean belongTogether(X509Certificate certificate, Path keyFile)
            throws IOException, GeneralSecurityException {
        var body = Files.readString(keyFile).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        var algorithm = certificate.getPublicKey().getAlgorithm();
        var key = KeyFactory.getInstance(algorithm)
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
        var signature = Signature.getInstance(algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
        signature.initSign(key);
        signature.update(new byte[PROBE_BYTES]);
        var signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(new byte[PROBE_BYTES]);
        try {
            return signature.verify(signed);
        } catch (SignatureException _) {
            // A key of another size makes a signature of another length.
            return false;
        }
    }

    static List<Finding> driverStore(Facts facts) {
        var store = facts.settings().driver().store();
        var existing = store.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
                return List.of(Finding.error(
                        "DRIVER_STORE=" + store + " cannot be written",
                        "Set DRIVER_STORE to a folder that the worker's user may write to."));
            }
            var free = Files.getFileStore(existing).getUsableSpace();
            return free >= LEAST_FREE_BYTES
                    ? List.of()
                    : List.of(Finding.warning(
                            "DRIVER_STORE=" + store + " has " + (free >> 20) + " MB left; a driver takes up to 130 MB",
                            "Make room, or move the store."));
        } catch (IOException e) {
            return List.of(Finding.error("DRIVER_STORE=" + store + " cannot be looked at", "Check path and rights."));
        }
    }
}
