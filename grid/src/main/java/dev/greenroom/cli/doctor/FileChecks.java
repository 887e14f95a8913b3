package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.net.tls.ServerTls.TlsFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Checks of the files that settings name.
final class FileChecks {
    private static final long LEAST_FREE_BYTES = 1L << 30;
    private static final Duration SOON = Duration.ofDays(14);

    private FileChecks() {}

    static List<DoctorFinding> secrets(DoctorFacts facts) {
        var names = new TreeSet<>(List.of("TLS_KEY_FILE", "AUTH_TOKENS_FILE", "WORKER_SECRET_FILE"));
        CommandSettings.roots().stream()
                .flatMap(root -> SettingsCatalog.of(root).settings())
                .filter(SettingDescription::hasVariable)
                .forEach(entry -> entry.fileName().ifPresent(names::add));
        var findings = new ArrayList<DoctorFinding>();
        for (var name : names) {
            file(facts, name)
                    .filter(FileChecks::isReadByAll)
                    .ifPresent(path -> findings.add(DoctorFinding.warning(
                            name + "=" + path + " is readable by every user of this machine",
                            "chmod 600 " + path + ", and make the user that runs Greenroom its owner.")));
        }
        return findings;
    }

    private static Optional<Path> file(DoctorFacts facts, String name) {
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

    /// Reads certificate and key as the proxy does. If one of the two is missing, the settings check
    /// reports it.
    static List<DoctorFinding> certificate(DoctorFacts facts) {
        return certificate(file(facts, "TLS_CERT_FILE"), file(facts, "TLS_KEY_FILE"));
    }

    static List<DoctorFinding> certificate(Optional<Path> certificate, Optional<Path> key) {
        if (certificate.isEmpty()) {
            return List.of();
        }
        try {
            var file = certificate.get();
            return dates(key.isPresent() ? ServerTls.check(file, key.get()) : ServerTls.leaf(file));
        } catch (TlsFailedException e) {
            return List.of(DoctorFinding.error(
                    String.valueOf(e.getMessage()),
                    "Set two matching PEM files that this user may read: the certificate with its intermediate"
                            + " certificates, and its key (PKCS #8, PKCS #1 or SEC 1, not encrypted)."));
        }
    }

    private static List<DoctorFinding> dates(X509Certificate certificate) {
        var end = certificate.getNotAfter().toInstant();
        var left = Duration.between(Instant.now(), end);
        if (left.isNegative()) {
            return List.of(DoctorFinding.error("The certificate expired on " + end, "Renew it; clients reject it."));
        }
        return left.compareTo(SOON) < 0
                ? List.of(DoctorFinding.warning("The certificate expires on " + end, "Renew it now."))
                : List.of();
    }

    static List<DoctorFinding> driverStore(DoctorFacts facts) {
        var store = facts.settings().driver().store();
        var existing = store.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
                return List.of(DoctorFinding.error(
                        "DRIVER_STORE=" + store + " is not writable",
                        "Set DRIVER_STORE to a folder that the worker's user may write to."));
            }
            var free = Files.getFileStore(existing).getUsableSpace();
            return free >= LEAST_FREE_BYTES
                    ? List.of()
                    : List.of(DoctorFinding.warning(
                            "DRIVER_STORE=" + store + " has " + (free >> 20) + " MB free; a driver needs up to 130 MB",
                            "Free some space, or move the store."));
        } catch (IOException e) {
            return List.of(
                    DoctorFinding.error("DRIVER_STORE=" + store + " cannot be read", "Check path and permissions."));
        }
    }
}
