import time
import numpy as np, torch
from skimage.data import astronaut
from PIL import Image as P
from editgan.editor import Editor
from editgan.editing.optimise import Editing
from editgan.inversion.embed import Embedding
from editgan.editing.parts import apply_operation
from editgan.core.sheets import overlay
def test_p(bundle):
    t=time.time()
    e=Editor(bundle)
    op=e.open(P.fromarray(astronaut()), box=(164,60,120,120))
    print('open',time.time()-t, op.report, op.label_map.unique(return_counts=True))
    s=e.sample(1); print(s.label_map.unique(return_counts=True))
    for o in (op,s):
        for k,x in (('grow','iris:2'),('replace','mouth_interior=upper_lip'),('move','brow:0,-2'),('erase','iris'),("grow","mouth:2"),("grow","eye:1")):
            t=time.time()
            tgt=apply_operation(o.label_map,bundle.schema,k,x)
            ed=e.edit(o,tgt)
            print(k,x,time.time()-t,{a:b for a,b in ed.report.items() if a!='terms'})
    overlay(op.image,op.label_map,bundle.schema).resize((256,256),0).save('/tmp/proto/a.png')
    t=time.time(); op=e.open(P.fromarray(astronaut())); print('auto',time.time()-t, op.report, op.label_map.unique(return_counts=True), op.framing)
