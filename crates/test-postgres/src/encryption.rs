//! A certificate for a server, and an authority that vouches for it, made for one test process.

use std::path::Path;
use std::process::Command;

use crate::install::output;

/// The authority's certificate in a server's directory.
pub(crate) const AUTHORITY: &str = "authority.pem";

/// Returns an address of this machine's own that no other process uses: its number is that of the process. A
/// port of the usual address could be taken by another between finding it free and listening on it.
pub(crate) fn address() -> String {
    let [_, first, second, third] = std::process::id().to_be_bytes();
    format!("127.{}.{second}.{third}", 64 + first % 64)
}

/// Makes certificates in a server's directory and lets in whoever speaks TLS; returns the server's settings.
pub(crate) fn prepare(directory: &Path) -> Vec<String> {
    let address = address();
    let config = format!(
        "[req]\ndistinguished_name = name\nx509_extensions = authority\n[name]\n\
         [authority]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\n\
         [server]\nsubjectAltName = IP:{address}\n"
    );
    std::fs::write(directory.join("openssl.conf"), config).expect("a directory of our own");
    let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.conf";
    let commands = [
        format!("req -x509 {new_key} -days 2 -subj /CN=authority -keyout authority.key -out {AUTHORITY}"),
        format!("req {new_key} -subj /CN=server -keyout server.key -out server.csr"),
        format!(
            "x509 -req -in server.csr -CA {AUTHORITY} -CAkey authority.key -CAcreateserial -days 2 \
             -extfile openssl.conf -extensions server -out server.pem"
        ),
    ];
    for command in commands {
        output(
            Command::new("openssl")
                .args(command.split_whitespace())
                .current_dir(directory),
        );
    }
    let rules = "local all all trust\nhostssl all all 127.0.0.0/8 trust\n";
    std::fs::write(directory.join("data").join("pg_hba.conf"), rules).expect("a directory of our own");
    let file = |name: &str| directory.join(name).display().to_string();
    vec![
        format!("listen_addresses={address}"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", file("server.pem")),
        format!("ssl_key_file={}", file("server.key")),
    ]
}
