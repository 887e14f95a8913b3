package dev.greenroom.worker.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// The user that drivers and browsers run as.
public sealed interface BrowserUser {
    /// The variables that drivers and browsers inherit; none of them can be a secret.
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

    /// The user of the worker.
    record OfWorker() implements BrowserUser {}

    /// Another user, which cannot read what only the worker can. The worker is root then, on Linux.
    ///
    /// @param last each driver gets a number of its own above `uid`, up to this one
    record Other(int uid, int gid, int last) implements BrowserUser {
        private static final String UID = "unix:uid";
        private static final String GID = "unix:gid";

        /// One user for everything.
        public Other(int uid, int gid) {
            this(uid, gid, uid);
        }

        @Override
        public BrowserUser ofDriver(Set<Integer> taken, RandomGenerator random) {
            var numbers = last - uid;
            if (numbers == 0) {
                return this;
            }
            var first = random.nextInt(numbers);
            return IntStream.range(0, numbers)
                    .map(step -> uid + 1 + (first + step) % numbers)
                    .filter(candidate -> !taken.contains(candidate))
                    .mapToObj(number -> new Other(number, gid))
                    .findFirst()
                    .orElseThrow(() -> new DriverFailedException("each driver needs a user of its own, and processes"
                            + " of this machine have all from " + (uid + 1) + " to " + last
                            + "; lower MAX_DRIVERS, or set BROWSER_USER to one user for all drivers"));
        }

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

        /// Without the worker's environment: processes of a user can read the environment of each other.
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

    /// The command line that runs another one as this user.
    default List<String> running(List<String> line) {
        return line;
    }

    /// Runs a program to its end as this user.
    ///
    /// @param environment of the worker; another user gets only the variables that drivers get
    /// @param added further variables
    default ExternalCommand command(List<String> line, Map<String, String> environment, Map<String, String> added) {
        return new ExternalCommand(line, added);
    }

    /// The user of one driver and its browsers: they open no files, and no entries in `/proc`, of another driver's.
    ///
    /// @param taken the users of the drivers and processes that there are
    /// @throws DriverFailedException when no user is free
    default BrowserUser ofDriver(Set<Integer> taken, RandomGenerator random) {
        return this;
    }

    /// Makes this user the owner of a file or folder.
    default void own(Path path) throws IOException {}

    /// Lets this user enter a folder of the worker, but not list it.
    default void enter(Path folder) throws IOException {}

    /// Lets this user read a file of the worker.
    default void read(Path file) throws IOException {}

    /// The part of the environment that drivers and browsers inherit.
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
