package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.SettingDescription;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.settings.CommandSettings;
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

/// The files that settings name.
final class FileChecks {
    private static final long LEAST_FREE_BYTES = 1L << 30;
    private static final Duration SOON = Duration.ofDays(14);

    private FileChecks() {}

    static List<DoctorFinding> secrets(DoctorFacts doctorFacts) {
        var names = new TreeSet<>(List.of("TLS_KEY_FILE", "AUTH_TOKENS_FILE", "WORKER_SECRET_FILE"));
        CommandSettings.roots().stream()
                .flatMap(root -> SettingsCatalog.of(root).settings())
                .filter(SettingDescription::hasVariable)
                .forEach(entry -> entry.fileName().ifPresent(names::add));
        var findings = new ArrayList<DoctorFinding>();
        for (var name : names) {
            file(doctorFacts, name)
                    .filter(FileChecks::isReadByAll)
                    .ifPresent(path -> findings.add(DoctorFinding.warning(
                            name + "=" + path + " can be read by every user of this machine",
                            "chmod 600 " + path + ", and let it belong to the user that runs Greenroom.")));
        }
        return findings;
    }

    private static Optional<Path> file(DoctorFacts doctorFacts, String name) {
        var text = doctorFacts.environment().getOrDefault(name, "").strip();
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    private static boolean isReadByAll(Path path) {
        try {
            return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }

    /// Reads them with the code that serves them. That one of the two is missing is a finding about the
    /// settings.
    static List<DoctorFinding> certificate(DoctorFacts doctorFacts) {
        return certificate(file(doctorFacts, "TLS_CERT_FILE"), file(doctorFacts, "TLS_KEY_FILE"));
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
                    "Give two PEM files that belong together and that this user may read: the certificate with those"
                            + " between it and the root, and its key (PKCS #8, PKCS #1 or SEC 1, not encrypted)."));
        }
    }

    private static List<DoctorFinding> dates(X509Certificate certificate) {
        var end = certificate.getNotAfter().toInstant();
        var left = Duration.between(Instant.now(), end);
        if (left.isNegative()) {
            return List.of(DoctorFinding.error("The certificate expired on " + end, "Renew it; clients refuse it."));
        }
        return left.compareTo(SOON) < 0
                ? List.of(DoctorFinding.warning("The certificate expires on " + end, "Renew it now."))
                : List.of();
    }

    static List<DoctorFinding> driverStore(DoctorFacts doctorFacts) {
        var store = doctorFacts.settings().driver().store();
        var existing = store.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
                return List.of(DoctorFinding.error(
                        "DRIVER_STORE=" + store + " cannot be written",
                        "Set DRIVER_STORE to a folder that the worker's user may write to."));
            }
            var free = Files.getFileStore(existing).getUsableSpace();
            return free >= LEAST_FREE_BYTES
                    ? List.of()
                    : List.of(DoctorFinding.warning(
                            "DRIVER_STORE=" + store + " has " + (free >> 20) + " MB left; a driver takes up to 130 MB",
                            "Make room, or move the store."));
        } catch (IOException e) {
            return List.of(
                    DoctorFinding.error("DRIVER_STORE=" + store + " cannot be looked at", "Check path and rights."));
        }
    }
}
