//! Stories: what people do with Inlay, told against the real binary from outside. One test program, because linking
//! and compiling plugins once is most of its price; a module per area.
#[cfg(test)]
mod kit;

#[cfg(test)]
mod admin_plugins;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bodies_bad;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod bundled;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod contact;
#[cfg(test)]
mod dev;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod golden_component;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod main_job;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod mcq;
#[cfg(test)]
mod page_safety;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plugins_bad;
#[cfg(test)]
mod plugins_own;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod security_page;
#[cfg(test)]
mod self_tests;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shop_races;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod supervision;
#[cfg(test)]
mod swaps;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod tutorial;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod visitors;
#[cfg(test)]
mod widget_cases;
#[cfg(test)]
mod widget_checks;
#[cfg(test)]
mod widget_tools;
