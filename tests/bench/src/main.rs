mod floor;
mod record;
use std::time::Instant;
use floor::*;
use vestibule_domain::*;
use vestibule_sandbox::*;
fn main() -> anyhow::Result<()> {
    let mode=std::env::args().nth(1).unwrap_or_default();
    let n:u32=std::env::args().nth(2).map(|n|n.parse().unwrap()).unwrap_or(20000);
    let record=record::Record::read(std::path::Path::new("/tmp/perf/login.json"))?;
    let wasm=record::policy("known-device")?;
    let rt=tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let engine=Engine::new(&Capacity::default())?;
    let c=Compiled::new(&engine,&wasm)?;
    let m=rt.block_on(c.manifest())?;
    let settings=Settings::from_object(Default::default(),&m)?;
    let f0=Floor::new(&wasm,&settings,Residence::Default)?;
    let f1=Floor::new(&wasm,&settings,Residence::Kept)?;
    let p=c.configure().with_settings(settings).with_grants(Grants::as_wanted(&m));
    let time=|name:&str,f:&mut dyn FnMut()|{ if !mode.is_empty() && mode!=name {return;} f(); let mut v=vec![]; for _ in 0..(n/500).max(1){ let t=Instant::now(); for _ in 0..500 {f();} v.push(t.elapsed()/500);} v.sort(); println!("{name} {:?} min {:?}",v[v.len()/2],v[0]); };
    for _ in 0..(if mode.is_empty(){3}else{1}) {
        time("floor-default",&mut||{f0.call(&record.login).unwrap();});
        time("floor",&mut||{f1.call(&record.login).unwrap();});
        rt.block_on(async{
        let mut v=vec![];
        if mode.is_empty()||mode=="sandbox"{ for _ in 0..(n/500).max(1){ let t=Instant::now(); for _ in 0..500 { let r=p.call(&record.login,&Circumstances::now()).await; assert!(r.answer.is_ok());} v.push(t.elapsed()/500);} v.sort(); println!("sandbox {:?} min {:?}",v[v.len()/2],v[0]);
        let r=p.call(&record.login,&Circumstances::now()).await; println!("{:?}",r.cost);}
        });
    }
    Ok(())
}
