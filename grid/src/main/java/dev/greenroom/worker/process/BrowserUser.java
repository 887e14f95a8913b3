package dev.greenroom.worker.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Who drivers and browsers run as.
public sealed interface BrowserUser {
    /// The variables that are handed on to drivers and browsers: nothing that could be a secret.
    List<String> SAFE_VARIABLES = List.of(
            "PATH",
            "LANG",
            "LC_ALL",
            "TZ",
            "DISPLAY",
            "XAUTHORITY",
            "NODE_EXTRA_CA_CERTS",
            "FONTCONFIG_FILE",
            "FONTCONFIG_PATH",
            "LD_LIBRARY_PATH");

    /// The one who runs the worker.
    record OfWorker() implements BrowserUser {}

    /// Another one, who can read nothing that only the worker can. The worker is root then, on Linux.
    record Other(int uid, int gid) implements BrowserUser {
        private static final String UID = "unix:uid";
        private static final String GID = "unix:gid";

        @Override
        public List<String> running(List<String> line) {
            var all = new ArrayList<>(List.of(
                    "setpriv",
                    "--reuid=" + uid,
                    "--regid=" + gid,
                    "--clear-groups",
                    "--inh-caps=-all",
                    "--no-new-privs",
                    "--"));
            all.addAll(line);
            return all;
        }

        /// Without the worker's environment: whoever runs as this user can read that of its processes.
        @Override
        public ExternalCommand command(List<String> line, Map<String, String> environment, Map<String, String> added) {
            var variables = new TreeMap<>(safeVariables(environment));
            variables.putAll(added);
            return new ExternalCommand(running(line), variables, true);
        }

        @Override
        public void own(Path path) throws IOException {
            Files.setAttribute(path, GID, gid);
            Files.setAttribute(path, UID, uid);
        }

        @Override
        public void enter(Path folder) throws IOException {
            admit(folder, "rwx--x---");
        }

        @Override
        public void read(Path file) throws IOException {
            admit(file, "rw-r-----");
        }

        private void admit(Path path, String permissions) throws IOException {
            Files.setAttribute(path, GID, gid);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }

        @Override
        public String toString() {
            return "user " + uid;
        }
    }

    /// The command line that runs this one as this user.
    default List<String> running(List<String> line) {
        return line;
    }

    /// Runs a program to its end as this user.
    ///
    /// @param environment the worker's own, of which another user gets what drivers get
    /// @param added variables on top of it
    default ExternalCommand command(List<String> line, Map<String, String> environment, Map<String, String> added) {
        return new ExternalCommand(line, added);
    }

    /// Gives it what the worker has made.
    default void own(Path path) throws IOException {}

    /// Lets it pass through a folder of the worker's, and see nothing there.
    default void enter(Path folder) throws IOException {}

    /// Lets it read a file of the worker's.
    default void read(Path file) throws IOException {}

    /// What drivers, and browsers with them, get of this process' own environment.
    static Map<String, String> safeVariables(Map<String, String> environment) {
        var variables = new TreeMap<String, String>();
        SAFE_VARIABLES.forEach(name -> {
            var value = environment.get(name);
            if (value != null) {
                variables.put(name, value);
            }
        });
        variables.putIfAbsent("LANG", "C.UTF-8");
        return variables;
    }
}
