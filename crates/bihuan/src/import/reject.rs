//! The file of rejected rows: the original columns behind number and reason.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bihuan_report::csv::disarmed;

use super::row::Reject;
use super::template::Columns;

/// A file that is made with the first rejected row.
///
/// Number and reason stand first, so that rows with too many cells keep them. The columns keep their
/// names: a corrected file can be imported with the same map.
pub struct RejectFile {
    path: PathBuf,
    header: Vec<String>,
    writer: Option<csv::Writer<File>>,
}

impl RejectFile {
    /// Names the file; nothing is written yet.
    pub fn new(path: &Path, columns: &Columns) -> Self {
        let header = ["row", "reason"]
            .into_iter()
            .map(str::to_owned)
            .chain(columns.names.iter().cloned());
        RejectFile {
            path: path.to_owned(),
            header: header.map(disarmed).collect(),
            writer: None,
        }
    }

    /// Writes a rejected row.
    pub fn write(&mut self, row: u64, reject: &Reject, fields: &[String]) -> Result<()> {
        let cells = [row.to_string(), reject.to_string()]
            .into_iter()
            .chain(fields.iter().cloned());
        let cells: Vec<String> = cells.map(disarmed).collect();
        self.writer()?.write_record(cells)?;
        Ok(())
    }

    /// Completes the file and returns its path, if there is one.
    pub fn finish(self) -> Result<Option<PathBuf>> {
        let Some(mut writer) = self.writer else {
            return Ok(None);
        };
        writer.flush()?;
        Ok(Some(self.path))
    }

    fn writer(&mut self) -> Result<&mut csv::Writer<File>> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.start()?,
        };
        Ok(self.writer.insert(writer))
    }

    fn start(&self) -> Result<csv::Writer<File>> {
        let cannot = || format!("cannot write the rejected rows to {}", self.path.display());
        let mut file = File::create(&self.path).with_context(cannot)?;
        std::io::Write::write_all(&mut file, "\u{feff}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
        writer.write_record(&self.header)?;
        Ok(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_row_keeps_its_cells_behind_number_and_reason() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r.csv");
        let mut file = RejectFile::new(&path, &Columns::new(vec!["id".to_owned(), "text".to_owned()]));
        let cells = ["1".to_owned(), "=1+1".to_owned(), "more".to_owned()];
        file.write(7, &Reject::new("odd", "it"), &cells).expect("written");
        assert_eq!(file.finish().expect("finished").as_deref(), Some(path.as_path()));
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, "\u{feff}row,reason,id,text\n7,odd: it,1,'=1+1,more\n");
    }

    #[test]
    fn without_a_rejected_row_there_is_no_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r.csv");
        let file = RejectFile::new(&path, &Columns::new(Vec::new()));
        assert_eq!(file.finish().expect("finished"), None);
        assert!(!path.exists());
    }
}
